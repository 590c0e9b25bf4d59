import { digestOf } from '@intendant/kernel';
import { promisesSettled } from '@intendant/kernel/testing';
import { LogCorrupt } from '@intendant/wal';
import { executionIn } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { type Bench, Ground } from '../test/bench.js';
import { failure, lost, type Script, success } from '../test/scripted-dispatcher.js';
import { validateLog } from '../test/validate-log.js';

const HOUR_MS = 3_600_000;
const never: Script = () => new Promise<never>(() => undefined);

/** Three executions: one that succeeds, one that retries, one that loses an outcome. */
const IDS = [executionIn(0), executionIn(1), executionIn(1, 1)] as const;
const workload: Script = (delivery) => {
  const first = delivery.logicalAttempt === 1 && delivery.deliveryAttempt === 1;
  if (delivery.state.executionId === IDS[1]) return first ? failure() : success;
  return delivery.state.executionId === IDS[2] && first ? lost : success;
};

async function run(bench: Bench): Promise<readonly string[]> {
  const accepted: string[] = [];
  for (const id of IDS) {
    void bench.accept(id, { keyDigest: digestOf(id) }).then((outcome) => {
      if (outcome.kind === 'accepted') accepted.push(id);
    });
    await promisesSettled();
  }
  await bench.ground.time.pass(HOUR_MS);
  return accepted;
}

describe('a crash at an append', () => {
  const POINTS = Array.from({ length: 10 }, (_, n) => n + 1).flatMap((n) => [
    [n, 'dies_before' as const] as const,
    [n, 'dies_after' as const] as const,
  ]);

  it.each(POINTS)('number %i (%s) loses nothing that was acknowledged, and finishes it once', async (point, how) => {
    const ground = new Ground();
    const first = await ground.start(workload);
    first.wal.fate = (n) => (n === point ? how : 'durable');
    const accepted = await run(first);
    const second = await ground.start(workload);
    await ground.time.pass(HOUR_MS);
    expect([second.broken, second.halted, second.supervisor.liveCount]).toEqual([[], [], 0]);
    for (const id of accepted) expect(await ground.types(id)).toContain('execution.started');
    for (const id of IDS) {
      const types = await ground.types(id);
      expect(types.filter((type) => /^execution\.(completed|failed|stuck)$/.test(type))).toEqual(
        types.length === 0 ? [] : ['execution.completed'],
      );
      expect(await validateLog(ground.wal, id)).toEqual([]);
      expect(await second.supervisor.keyHolder(digestOf(id))).toEqual(
        types.length === 0 ? undefined : expect.objectContaining({ executionId: id }),
      );
    }
    expect(await second.dispatcher.callsAheadOfTheLog()).toEqual([]);
  });

  it('is covered at every append of the workload', async () => {
    const bench = await new Ground().start(workload);
    expect(await run(bench)).toEqual([...IDS]);
    expect(bench.wal.appends).toBe(POINTS.length / 2);
  });
});

describe('recovery', () => {
  it('makes a call again whose outcome the log does not know, and says that it is a redelivery', async () => {
    const ground = new Ground();
    const first = await ground.start(never);
    await first.accept(IDS[0]);
    first.wal.die();
    const second = await ground.start();
    await promisesSettled();
    expect(second.recovered).toBe(1);
    const [before, again] = [first.dispatcher.deliveries[0], second.dispatcher.deliveries[0]];
    expect([again?.logicalAttempt, again?.deliveryAttempt]).toEqual([1, 2]);
    expect(again?.call.idempotencyKey).toBe(before?.call.idempotencyKey);
    expect(again?.callToken.epoch).toBeGreaterThan(before?.callToken.epoch ?? Number.NaN);
    expect((await second.supervisor.read(IDS[0]))?.status).toBe('completed');
  });

  it('waits on for a retry, and counts no redelivery for it', async () => {
    const ground = new Ground();
    const first = await ground.start(() => failure());
    await first.accept(IDS[0]);
    await promisesSettled();
    first.wal.die();
    const second = await ground.start();
    expect(second.dispatcher.deliveries).toEqual([]);
    await ground.time.pass(HOUR_MS);
    expect(second.dispatcher.deliveries.map((call) => [call.logicalAttempt, call.deliveryAttempt])).toEqual([[2, 1]]);
  });

  it('makes as many attempts as were accepted, after the recorded waits, when the capability allows fewer by now', async () => {
    const ground = new Ground();
    const registered = { attemptsMax: 3, capMs: HOUR_MS, factor: 2, initialMs: 60_000, nonRetryableCodes: [] };
    const first = await ground.start(() => failure());
    await first.accept(IDS[0], {}, { retry: registered });
    await promisesSettled();
    first.wal.die();
    // registered anew meanwhile: what is accepted from here on has one attempt
    const second = await ground.start(() => failure());
    await second.accept(IDS[2], {}, { retry: { ...registered, attemptsMax: 1, initialMs: 1 } });
    await promisesSettled();
    const attemptsOf = (id: string) =>
      second.dispatcher.deliveries
        .filter(({ state }) => state.executionId === id)
        .map(({ logicalAttempt }) => logicalAttempt);
    const waitsOf = async () =>
      (await ground.records(IDS[0])).flatMap(({ type, data }) =>
        type === 'step.retry_scheduled' ? [data.waitMs] : [],
      );
    expect([attemptsOf(IDS[0]), attemptsOf(IDS[2])]).toEqual([[], [1]]);
    for (const made of [[2], [2, 3]]) {
      const waitMs = (await waitsOf()).at(-1) ?? 0;
      expect(waitMs).toBeGreaterThan(1);
      await ground.time.pass(waitMs - 1);
      expect(attemptsOf(IDS[0])).toEqual(made.slice(0, -1));
      await ground.time.pass(1);
      expect(attemptsOf(IDS[0])).toEqual(made);
    }
    await ground.time.pass(HOUR_MS);
    expect([await waitsOf(), attemptsOf(IDS[0])]).toEqual([
      [expect.any(Number), expect.any(Number)],
      [2, 3],
    ]);
    for (const id of [IDS[0], IDS[2]]) expect((await second.supervisor.read(id))?.status).toBe('failed');
  });

  it('fires a timer at once that fell due meanwhile', async () => {
    const ground = new Ground();
    const first = await ground.start(() => failure());
    await first.accept(IDS[0]);
    await promisesSettled();
    first.wal.die();
    await ground.time.pass(HOUR_MS);
    const second = await ground.start();
    await ground.time.pass(0);
    expect((await second.supervisor.read(IDS[0]))?.status).toBe('completed');
  });

  it('leaves settled executions alone', async () => {
    const ground = new Ground();
    await (await ground.start()).accept(IDS[0]);
    await promisesSettled();
    const second = await ground.start();
    expect([second.recovered, second.dispatcher.deliveries.length]).toEqual([0, 0]);
  });

  it('takes the outcome of a deposed owner from nobody', async () => {
    const ground = new Ground();
    let answer: ((outcome: typeof success) => void) | undefined;
    const first = await ground.start(
      () =>
        new Promise((resolve) => {
          answer = resolve as never;
        }),
    );
    await first.accept(IDS[0]);
    const second = await ground.start(() => failure(false));
    await promisesSettled();
    answer?.(success);
    await promisesSettled();
    expect(first.broken.map(({ error }) => error.name)).toEqual(['Fenced']);
    expect((await second.supervisor.read(IDS[0]))?.status).toBe('failed');
  });
});

describe('a partition that cannot be read', () => {
  const corrupt = executionIn(0, 5);

  it('is named and left alone, while the others go on', async () => {
    const ground = new Ground();
    const first = await ground.start(never);
    for (const id of [executionIn(0, 1), corrupt, executionIn(1)]) await first.accept(id);
    first.wal.die();
    const readStream = ground.wal.readStream.bind(ground.wal);
    ground.wal.readStream = (streamId) =>
      streamId === corrupt ? Promise.reject(new LogCorrupt(`${corrupt} seq 1`, 'hash')) : readStream(streamId);
    const second = await ground.start();
    await promisesSettled();
    expect(second.halted).toEqual([{ partition: 0, error: expect.any(LogCorrupt) }]);
    expect(second.recovered).toBe(1);
    expect(second.dispatcher.deliveries.map((call) => call.state.executionId)).toEqual([executionIn(1)]);
    await expect(second.accept(executionIn(0, 9))).rejects.toBeInstanceOf(LogCorrupt);
    expect(await second.accept(executionIn(1, 9))).toMatchObject({ kind: 'accepted' });
    expect(await ground.wal.tail(0)).toBe(2);
  });
});
