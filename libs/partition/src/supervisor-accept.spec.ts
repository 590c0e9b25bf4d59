import { digestOf } from '@intendant/kernel';
import { promisesSettled } from '@intendant/kernel/testing';
import { AppendInDoubt, BrokenChain, EMPTY_HEAD, encodeEntry } from '@intendant/wal';
import { executionIn, SAMPLE_IDS, sampleAttribution, sampleDecision, sampleDraft } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { commandFor, Ground } from '../test/bench.js';
import { success } from '../test/scripted-dispatcher.js';

const HOUR_MS = 3_600_000;
const never = () => new Promise<never>(() => undefined);
const keyed = { keyDigest: digestOf('key-1'), fingerprint: digestOf('first') };

describe('accepting an intent', () => {
  it('starts the work and settles', async () => {
    const bench = await new Ground().start();
    const id = executionIn(0);
    expect(await bench.accept(id)).toMatchObject({ kind: 'accepted', executionId: id });
    expect(await bench.supervisor.settled(id, HOUR_MS)).toMatchObject({ status: 'completed' });
    expect(bench.applied.map((state) => state.status)).toEqual(['running', 'completed']);
    expect(bench.supervisor.liveCount).toBe(0);
    expect(await bench.supervisor.read(id)).toMatchObject({ status: 'completed' });
  });

  it('calls nobody, tells nobody and answers nobody before the acceptance is durable', async () => {
    const bench = await new Ground().start();
    const id = executionIn(0);
    bench.wal.fate = () => 'held';
    let answered = false;
    const accepting = bench.accept(id).then(() => {
      answered = true;
    });
    await promisesSettled();
    expect([answered, bench.dispatcher.deliveries.length, bench.applied.length]).toEqual([false, 0, 0]);
    expect(await bench.supervisor.read(id)).toBeUndefined();
    bench.wal.release();
    await accepting;
    await promisesSettled();
    expect(bench.dispatcher.deliveries).toHaveLength(1);
    expect(await bench.dispatcher.callsAheadOfTheLog()).toEqual([]);
    expect(bench.applied.map((state) => state.status)).toEqual(['running']);
  });

  it('lets nobody see an outcome before it is durable', async () => {
    const bench = await new Ground().start();
    const id = executionIn(0);
    bench.wal.fate = (n) => (n === 1 ? 'durable' : 'held');
    await bench.accept(id);
    let settled = false;
    const waiting = bench.supervisor.settled(id, HOUR_MS).then(() => {
      settled = true;
    });
    await promisesSettled();
    expect([settled, (await bench.supervisor.read(id))?.status]).toEqual([false, 'running']);
    bench.wal.release();
    await waiting;
  });

  it('knows nothing of an execution that never was', async () => {
    const bench = await new Ground().start();
    expect(await bench.supervisor.read(executionIn(1))).toBeUndefined();
    expect(await bench.supervisor.settled(executionIn(1), HOUR_MS)).toBeUndefined();
  });

  it('records nothing that policy does not allow', async () => {
    const bench = await new Ground().start();
    const id = executionIn(0);
    await expect(bench.accept(id, { decision: { ...sampleDecision(), effect: 'deny' } })).rejects.toThrow(/deny/);
    expect([bench.wal.appends, bench.supervisor.liveCount]).toEqual([0, 0]);
  });
});

describe('an idempotency key', () => {
  it('that another process bound while it held the partition starts nothing here again', async () => {
    const ground = new Ground();
    const here = await ground.start();
    expect(await here.supervisor.keyHolder(keyed.keyDigest)).toBeUndefined();
    // the partition goes elsewhere, and comes back, while the submission waits for its decision
    const there = await ground.start();
    await there.accept(executionIn(0), keyed);
    await here.log.claimAll();
    const again = await here.accept(executionIn(0, 1), keyed);
    expect(again).toMatchObject({ kind: 'existing', executionId: executionIn(0) });
    expect(await ground.types(executionIn(0, 1))).toEqual([]);
  });

  it('gives one execution to a hundred at once, and to all who come later', async () => {
    const ground = new Ground();
    const bench = await ground.start();
    const ids = Array.from({ length: 100 }, (_, n) => executionIn(0, n));
    const outcomes = await Promise.all(ids.map((id) => bench.accept(id, keyed)));
    expect(outcomes.filter((outcome) => outcome.kind === 'accepted')).toEqual([
      { kind: 'accepted', executionId: ids[0], fingerprint: keyed.fingerprint },
    ]);
    expect(new Set(outcomes.map((outcome) => ('executionId' in outcome ? outcome.executionId : '')))).toEqual(
      new Set([ids[0]]),
    );
    await bench.supervisor.settled(ids[0] as string, HOUR_MS);
    expect(bench.dispatcher.deliveries).toHaveLength(1);
    expect(await bench.accept(executionIn(0, 500), keyed)).toMatchObject({ kind: 'existing', executionId: ids[0] });
    expect(await bench.supervisor.keyHolder(keyed.keyDigest)).toMatchObject({ executionId: ids[0] });
    expect(await ground.wal.tail(0)).toBe(2);
  });

  it('shows the fingerprint of its holder to an intent that is another', async () => {
    const bench = await new Ground().start();
    const other = { ...keyed, fingerprint: digestOf('second') };
    const outcomes = await Promise.all([bench.accept(executionIn(0), keyed), bench.accept(executionIn(0, 1), other)]);
    expect(outcomes).toEqual([
      { kind: 'accepted', executionId: executionIn(0), fingerprint: keyed.fingerprint },
      { kind: 'existing', executionId: executionIn(0), fingerprint: keyed.fingerprint },
    ]);
    expect(await bench.accept(executionIn(0, 2), other)).toEqual(outcomes[1]);
  });

  it('is found while its acceptance is being written', async () => {
    const bench = await new Ground().start(never);
    bench.wal.fate = () => 'held';
    const accepting = bench.accept(executionIn(0), keyed);
    const holder = bench.supervisor.keyHolder(keyed.keyDigest);
    await promisesSettled();
    bench.wal.release();
    expect(await holder).toMatchObject({ executionId: executionIn(0) });
    await accepting;
  });

  it('is free again after an acceptance that failed', async () => {
    const bench = await new Ground().start();
    bench.wal.fate = (n) => (n === 1 ? 'in_doubt' : 'durable');
    const first = [bench.accept(executionIn(0), keyed), bench.accept(executionIn(0, 1), keyed)];
    for (const outcome of await Promise.allSettled(first)) expect(outcome).toMatchObject({ status: 'rejected' });
    expect(await bench.supervisor.keyHolder(keyed.keyDigest)).toBeUndefined();
    expect(await bench.accept(executionIn(0, 2), keyed)).toMatchObject({ kind: 'accepted' });
  });

  it('keeps its holder over a restart', async () => {
    const ground = new Ground();
    await (await ground.start()).accept(executionIn(0), keyed);
    const next = await ground.start();
    expect(await next.supervisor.keyHolder(keyed.keyDigest)).toEqual({ ...keyed, executionId: executionIn(0) });
  });
});

describe('an acceptance that cannot be', () => {
  it('is in doubt when the append is: nothing is dispatched', async () => {
    const bench = await new Ground().start();
    bench.wal.fate = () => 'in_doubt';
    await expect(bench.accept(executionIn(0))).rejects.toBeInstanceOf(AppendInDoubt);
    await promisesSettled();
    expect([bench.dispatcher.deliveries.length, bench.supervisor.liveCount, bench.applied.length]).toEqual([0, 0, 0]);
  });

  it('is refused when too many are unsettled, and possible again when one has settled', async () => {
    let finish: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const bench = await new Ground().start(() => gate.then(() => success), { liveMax: 3, livePerTenantMax: 3 });
    const outcomes = await Promise.all([0, 1, 2, 3].map((n) => bench.accept(executionIn(n % 2, n))));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['accepted', 'accepted', 'accepted', 'overloaded']);
    expect(bench.supervisor.liveCount).toBe(3);
    finish?.();
    await promisesSettled();
    expect(await bench.accept(executionIn(0, 9))).toMatchObject({ kind: 'accepted' });
  });
});

describe('records beside an acceptance', () => {
  const contractId = SAMPLE_IDS.contractId.slice(0, -4).concat('0000');
  const proposal = (streamId: string) =>
    encodeEntry(streamId, EMPTY_HEAD, sampleAttribution(), SAMPLE_IDS.at, [sampleDraft('contract.proposed')]);

  it('are durable with it', async () => {
    const ground = new Ground();
    const bench = await ground.start();
    await bench.supervisor.accept(executionIn(0), commandFor(executionIn(0)), [proposal(contractId)]);
    expect(await ground.types(contractId)).toEqual(['contract.proposed']);
  });

  it('are refused with it when they belong to another partition', async () => {
    const ground = new Ground();
    const bench = await ground.start();
    const elsewhere = contractId.slice(0, -1).concat('1');
    const accepting = bench.supervisor.accept(executionIn(0), commandFor(executionIn(0)), [proposal(elsewhere)]);
    await expect(accepting).rejects.toBeInstanceOf(BrokenChain);
    expect([await ground.types(executionIn(0)), await ground.types(elsewhere)]).toEqual([[], []]);
    expect(bench.supervisor.liveCount).toBe(0);
  });
});
