import { promisesSettled } from '@intendant/kernel/testing';
import { Fenced } from '@intendant/wal';
import { executionIn } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { type Bench, Ground } from '../test/bench.js';
import { failure, type Script, success } from '../test/scripted-dispatcher.js';
import type { DeliveryOutcome } from './index.js';

const HERE = executionIn(0);
const BESIDE = executionIn(1);
const HOUR_MS = 3_600_000;

/** Calls end when they are told to. */
function held(): { readonly script: Script; end(outcome: DeliveryOutcome): void } {
  const waiting: ((outcome: DeliveryOutcome) => void)[] = [];
  return {
    script: () => new Promise((resolve) => void waiting.push(resolve)),
    end: (outcome) => {
      for (const resolve of waiting.splice(0)) resolve(outcome);
    },
  };
}

const giveUp = (bench: Bench, partition: number): void => {
  bench.log.giveUp(partition);
  bench.supervisor.release(partition);
};

describe('a partition that is given up', () => {
  it('leaves nothing of itself in memory, and the others alone', async () => {
    const calls = held();
    const bench = await new Ground().start(calls.script);
    await bench.accept(HERE);
    await bench.accept(BESIDE);
    const waited = bench.supervisor.settled(HERE, HOUR_MS);
    giveUp(bench, 0);
    expect(await waited).toBeUndefined();
    expect(bench.supervisor.liveCount).toBe(1);
    await expect(bench.accept(executionIn(0, 1))).rejects.toBeInstanceOf(Fenced);
    calls.end(success);
    await promisesSettled();
    expect(await bench.ground.types(BESIDE)).toContain('execution.completed');
    expect(await bench.ground.types(HERE)).not.toContain('step.succeeded');
    expect(bench.broken).toEqual([]);
  });

  it('does not come back to life with an append that was under way', async () => {
    const bench = await new Ground().start();
    bench.wal.fate = () => 'held';
    const accepted = bench.accept(HERE);
    await promisesSettled();
    giveUp(bench, 0);
    bench.wal.release();
    await accepted;
    expect([bench.supervisor.liveCount, bench.dispatcher.deliveries]).toEqual([0, []]);
  });

  it('fires no timer of its own', async () => {
    const bench = await new Ground().start(() => failure());
    await bench.accept(HERE);
    await promisesSettled();
    expect(await bench.ground.types(HERE)).toContain('timer.set');
    giveUp(bench, 0);
    await bench.ground.time.pass(HOUR_MS);
    expect(await bench.ground.types(HERE)).not.toContain('timer.fired');
    expect(bench.broken).toEqual([]);
  });

  it('has the results told that come back to it', async () => {
    const late: string[] = [];
    const calls = held();
    const events = {
      applied: () => undefined,
      broken: () => undefined,
      halted: () => undefined,
      late: ({ state }: { state: { executionId: string } }, outcome: string) =>
        void late.push(`${state.executionId} ${outcome}`),
    };
    const bench = await new Ground().start(calls.script, { events });
    await bench.accept(HERE);
    giveUp(bench, 0);
    calls.end(success);
    await promisesSettled();
    expect(late).toEqual([`${HERE} succeeded`]);
  });

  it('is waited for until its calls are over, and for no longer than is granted', async () => {
    const calls = held();
    const bench = await new Ground().start(calls.script);
    await bench.accept(HERE);
    let over = 0;
    const count = (): void => {
      over += 1;
    };
    void bench.supervisor.callsOver(1, HOUR_MS).then(count);
    void bench.supervisor.callsOver(0, 500).then(count);
    await bench.ground.time.pass(100);
    expect(over).toBe(1);
    await bench.ground.time.pass(500);
    expect(over).toBe(2);
  });
});

describe('a partition that is taken', () => {
  it('goes on where it was left, and is called as one whose call may have been made already', async () => {
    const calls = held();
    const bench = await new Ground().start(calls.script);
    await bench.accept(HERE);
    giveUp(bench, 0);
    await bench.log.claim(0);
    bench.dispatcher.script = () => success;
    expect(await bench.supervisor.recover([0])).toBe(1);
    await promisesSettled();
    expect(bench.dispatcher.deliveries.map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2]);
    calls.end(success);
    await promisesSettled();
    const types = await bench.ground.types(HERE);
    expect(types.filter((type) => type === 'execution.completed')).toHaveLength(1);
  });
});
