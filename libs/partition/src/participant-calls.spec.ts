import { sampleResult } from '@intendant/execution/testing';
import { promisesSettled } from '@intendant/kernel/testing';
import { APPEND_BYTES_MAX } from '@intendant/wal';
import { executionIn, sampleError } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { Ground } from '../test/bench.js';
import { success } from '../test/scripted-dispatcher.js';
import type { Delivery, DeliveryOutcome } from './index.js';

const HERE = executionIn(0);
/** What a participant that saw a later call makes of an earlier one, as the dispatcher tells it. */
const SUPERSEDED: DeliveryOutcome = { kind: 'unknown', error: sampleError(true, 'step_timeout') };

/** An execution whose partition is lost and taken again by the same process while its call is in flight. */
async function retaken(unknownOutcome: 'park' | 'rerun') {
  const ends: ((outcome: DeliveryOutcome) => void)[] = [];
  const late: [Delivery['callToken'], string][] = [];
  const broken: Error[] = [];
  const bench = await new Ground().start(() => new Promise((resolve) => void ends.push(resolve)), {
    events: {
      applied: () => undefined,
      broken: (_executionId, error) => void broken.push(error),
      halted: () => undefined,
      late: ({ callToken }, outcome) => void late.push([callToken, outcome]),
    },
  });
  await bench.accept(HERE, {}, { unknownOutcome, sideEffects: 'effectful' });
  bench.log.giveUp(0);
  bench.supervisor.release(0);
  const { epoch } = await bench.log.claim(0);
  return { bench, ends, late, broken, epoch };
}

describe('a call whose partition was lost and taken again by the same replica', () => {
  it.each(['park', 'rerun'] as const)(
    'is late: the newest call alone ends the attempt (%s)',
    async (unknownOutcome) => {
      const { bench, ends, late, broken, epoch } = await retaken(unknownOutcome);
      await bench.supervisor.recover([0]);
      ends[0]?.(SUPERSEDED);
      await promisesSettled();
      expect(late).toEqual([[{ epoch: epoch - 1, n: 1 }, 'unknown']]);
      expect((await bench.supervisor.read(HERE))?.status).toBe('running');
      ends[1]?.(success);
      await promisesSettled();
      expect((await bench.supervisor.read(HERE))?.status).toBe('completed');
      expect([bench.dispatcher.deliveries.length, late.length, broken]).toEqual([2, 1, []]);
    },
  );

  it('is late also before its attempt is called again: somebody else may have held the partition meanwhile', async () => {
    const { bench, ends, late } = await retaken('park');
    ends[0]?.(SUPERSEDED);
    await promisesSettled();
    expect(late).toHaveLength(1);
    expect(await bench.ground.types(HERE)).not.toContain('step.failed');
  });
});

describe('an outcome that is too large to be recorded', () => {
  const tooLarge = {
    ...sampleResult(),
    events: [{ eventType: 'a.b', data: { text: '語'.repeat(APPEND_BYTES_MAX / 3) } }],
  };

  it('is a breach of contract by its step, once: the partition and the others go on', async () => {
    const bench = await new Ground().start(() => ({ kind: 'succeeded', result: tooLarge }));
    await bench.accept(HERE);
    await bench.ground.time.pass(3_600_000);
    const state = await bench.supervisor.read(HERE);
    expect([state?.status, state?.error?.code, state?.error?.retryable]).toEqual([
      'failed',
      'contract_violation',
      false,
    ]);
    expect(state?.error?.message).toMatch(/too large to be recorded: an append of \d+ bytes, \d+ are allowed/);
    expect([bench.dispatcher.deliveries.length, bench.broken]).toEqual([1, []]);
    bench.dispatcher.script = () => success;
    await bench.accept(executionIn(0, 1));
    await promisesSettled();
    expect((await bench.supervisor.read(executionIn(0, 1)))?.status).toBe('completed');
  });
});

describe('a dispatcher that rejects', () => {
  it('leaves an outcome that is unknown, and the attempt is called again when its time has come', async () => {
    const bench = await new Ground().start((_delivery, n) =>
      n === 1 ? Promise.reject(new Error('no such bytes')) : success,
    );
    await bench.accept(HERE, {}, { unknownOutcome: 'rerun' });
    await bench.ground.time.pass(60_000);
    expect((await bench.supervisor.read(HERE))?.status).toBe('completed');
    const failed = (await bench.ground.records(HERE)).find(({ type }) => type === 'step.failed');
    expect(failed?.data).toMatchObject({ outcome: 'unknown', error: { message: 'the call failed: no such bytes' } });
  });
});
