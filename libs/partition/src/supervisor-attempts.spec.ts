import type { ExecutionState } from '@intendant/execution';
import type { CallToken } from '@intendant/intent-model';
import { promisesSettled } from '@intendant/kernel/testing';
import { judgeHealth } from '@intendant/saga';
import { executionIn, sampleError } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { Ground } from '../test/bench.js';
import { failure, lost, success } from '../test/scripted-dispatcher.js';
import { patienceMsOf } from './delivery-of.js';
import type { Delivery, DeliveryOutcome } from './ports.js';
import { pulseOf } from './pulse.js';

const HOUR_MS = 3_600_000;
const ID = executionIn(1);

describe('attempts', () => {
  it('follow each other after the recorded wait, under one key and with growing tokens', async () => {
    const ground = new Ground();
    const bench = await ground.start((_delivery, n) => (n < 3 ? failure() : success));
    await bench.accept(ID);
    await promisesSettled();
    expect((await bench.supervisor.read(ID))?.status).toBe('waiting');
    const waited = (await ground.records(ID)).flatMap((record) =>
      record.type === 'step.retry_scheduled' ? [record.data.waitMs] : [],
    );
    await ground.time.pass((waited[0] ?? 0) - 1);
    expect(bench.dispatcher.deliveries).toHaveLength(1);
    await ground.time.pass(1);
    expect(bench.dispatcher.deliveries).toHaveLength(2);
    await ground.time.pass(HOUR_MS);
    expect((await bench.supervisor.read(ID))?.status).toBe('completed');
    const calls = bench.dispatcher.deliveries;
    expect(calls.map((call) => [call.logicalAttempt, call.deliveryAttempt, call.callToken.n])).toEqual([
      [1, 1, 1],
      [2, 1, 2],
      [3, 1, 3],
    ]);
    expect(new Set(calls.map((call) => call.call.idempotencyKey)).size).toBe(1);
    expect(await bench.dispatcher.callsAheadOfTheLog()).toEqual([]);
    expect(ground.time.timersSet).toBe(0);
  });

  it('count a lost outcome as a redelivery', async () => {
    const ground = new Ground();
    const bench = await ground.start((_delivery, n) => (n === 1 ? lost : success));
    await bench.accept(ID);
    await ground.time.pass(HOUR_MS);
    expect(bench.dispatcher.deliveries.map((call) => [call.logicalAttempt, call.deliveryAttempt])).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  it('stay unknown when nobody can be reached any more after an outcome was lost', async () => {
    const ground = new Ground();
    const unreachable: DeliveryOutcome = { kind: 'failed', error: sampleError(true, 'participant_unreachable') };
    const bench = await ground.start((_delivery, n) => (n === 1 ? lost : unreachable));
    await bench.accept(ID);
    await ground.time.pass(HOUR_MS);
    expect((await bench.supervisor.read(ID))?.status).toBe('stuck');
    expect(bench.dispatcher.deliveries.map((call) => [call.logicalAttempt, call.deliveryAttempt])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
    ]);
  });

  it('are unknown when nobody can be reached after a restart amid the call', async () => {
    const ground = new Ground();
    const first = await ground.start(() => new Promise<DeliveryOutcome>(() => undefined));
    await first.accept(ID);
    await promisesSettled();
    const bench = await ground.start(() => ({ kind: 'failed', error: sampleError(true, 'participant_unreachable') }));
    await ground.time.pass(HOUR_MS);
    expect((await bench.supervisor.read(ID))?.status).toBe('stuck');
  });

  it('are not used up by a saga as code that is to go on when nobody serves it, and it sleeps out of memory meanwhile', async () => {
    const ground = new Ground();
    const unserved: DeliveryOutcome = { kind: 'failed', error: sampleError(true, 'participant_unreachable') };
    const first = await ground.start(() => new Promise<DeliveryOutcome>(() => undefined));
    await first.accept(ID, {}, { durable: true });
    await promisesSettled();
    const callToken = first.dispatcher.deliveries[0]?.callToken as CallToken;
    const fact = { op: 'fact', branch: '', ordinal: 1, kind: 'fact', id: 'rate', value: 1 } as const;
    await first.supervisor.report(ID, { stepId: 'main', callToken, commands: [fact] });
    const bench = await ground.start(() => unserved);
    await ground.time.pass(12 * HOUR_MS);
    const state = await bench.supervisor.read(ID);
    expect(state).toMatchObject({ status: 'waiting', stuckReason: null });
    expect(judgeHealth(pulseOf(state as ExecutionState, 0), 0, HOUR_MS)).toBe('needs_attention');
    expect(bench.supervisor.liveCount).toBe(0);
    expect(bench.dispatcher.deliveries.length).toBeGreaterThan(12);
    expect(bench.dispatcher.deliveries.length).toBeLessThan(12 * 13);
    // nor does looking for somebody hold it there for as long as its handler may take
    const resumed = bench.dispatcher.deliveries[0] as Delivery;
    expect(patienceMsOf({ ...resumed, call: { ...resumed.call, timeoutMs: HOUR_MS } })).toBe(30_000);
    bench.dispatcher.script = () => success;
    await ground.time.pass(HOUR_MS);
    expect((await bench.supervisor.read(ID))?.status).toBe('completed');
  });

  it('end when they are used up', async () => {
    const ground = new Ground();
    const bench = await ground.start(() => failure());
    await bench.accept(ID);
    await ground.time.pass(HOUR_MS);
    expect(await bench.supervisor.read(ID)).toMatchObject({ status: 'failed', error: { code: 'upstream_down' } });
    expect(bench.dispatcher.deliveries).toHaveLength(3);
  });

  it('end at once when the failure is final or a person must look', async () => {
    const ground = new Ground();
    const bench = await ground.start((delivery) => (delivery.state.executionId === ID ? failure(false) : lost));
    await bench.accept(ID);
    await bench.accept(executionIn(0), {}, { unknownOutcome: 'park' });
    await ground.time.pass(HOUR_MS);
    expect((await bench.supervisor.read(ID))?.status).toBe('failed');
    expect((await bench.supervisor.read(executionIn(0)))?.status).toBe('stuck');
    expect(bench.supervisor.liveCount).toBe(0);
  });
});

describe('waiting for the end', () => {
  it('is over for everyone when it comes', async () => {
    const ground = new Ground();
    const bench = await ground.start((_delivery, n) => (n === 1 ? failure() : success));
    await bench.accept(ID);
    const waiting = Promise.all([bench.supervisor.settled(ID, HOUR_MS), bench.supervisor.settled(ID, HOUR_MS)]);
    await ground.time.pass(60_000);
    expect((await waiting).map((state) => state?.status)).toEqual(['completed', 'completed']);
    expect(ground.time.timersSet).toBe(0);
  });

  it('is over without it when the time is up', async () => {
    const ground = new Ground();
    const bench = await ground.start(() => new Promise<never>(() => undefined));
    await bench.accept(ID);
    const waiting = bench.supervisor.settled(ID, 5_000);
    await ground.time.pass(5_000);
    expect(await waiting).toBeUndefined();
    expect(ground.time.timersSet).toBe(0);
  });

  it('is over at once when the end was before', async () => {
    const bench = await new Ground().start();
    await bench.accept(ID);
    await promisesSettled();
    expect((await bench.supervisor.settled(ID, 0))?.status).toBe('completed');
  });
});

describe('a late result', () => {
  const late = (n: number) => [ID, 'main', { epoch: 1, n }, 'succeeded'] as const;

  it('is recorded, and changes nothing else: of a live execution and of a settled one', async () => {
    const ground = new Ground();
    const bench = await ground.start((_delivery, n) => (n === 1 ? failure() : success));
    await bench.accept(ID);
    await promisesSettled();
    await bench.supervisor.recordLate(...late(1));
    await ground.time.pass(HOUR_MS);
    await bench.supervisor.recordLate(...late(2));
    const types = await ground.types(ID);
    expect(types.filter((type) => type === 'call.superseded')).toHaveLength(2);
    expect(types.at(-1)).toBe('call.superseded');
    expect((await bench.supervisor.read(ID))?.status).toBe('completed');
    expect(bench.supervisor.liveCount).toBe(0);
  });

  it('is recorded each time, when many come at once', async () => {
    const ground = new Ground();
    const bench = await ground.start();
    await bench.accept(ID);
    await promisesSettled();
    await Promise.all([1, 2, 3, 4, 5].map((n) => bench.supervisor.recordLate(...late(n))));
    expect((await ground.types(ID)).filter((type) => type === 'call.superseded')).toHaveLength(5);
  });

  it('of an execution that never was is nothing', async () => {
    const ground = new Ground();
    const bench = await ground.start();
    await bench.supervisor.recordLate(...late(1));
    expect(await ground.types(ID)).toEqual([]);
  });
});

describe('a dispatcher that breaks its word', () => {
  it('is reported, and leaves no call counted', async () => {
    const bench = await new Ground().start(async () => Promise.reject<DeliveryOutcome>(new Error('defect')));
    await bench.accept(ID);
    await promisesSettled();
    expect(bench.broken).toEqual([{ executionId: ID, error: new Error('defect') }]);
    expect(bench.supervisor.callsInFlight).toBe(0);
  });
});
