import { FailureError, failure } from '@intendant/intent-model';
import type { Delivery } from '@intendant/partition';
import { LogClosed } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import { type DispatcherPorts, ParticipantDispatcher } from './participant-dispatcher.js';

const RESULT = { artifacts: [], events: [], stateChanges: [] };
const LARGE = { ...RESULT, events: [{ eventType: 'a.b', data: { text: 'x'.repeat(300_000) } }] };

/** A participant that answers everything, and a Runtime whose own ports fail as is said. */
function dispatcherWith({ moveOut, putAllBack }: Partial<Record<'moveOut' | 'putAllBack', Error>>) {
  const calls: unknown[] = [];
  const connection = {
    connected: true,
    request: async (_pattern: unknown, call: unknown) => {
      calls.push(call);
      return { status: 'succeeded', result: LARGE };
    },
  };
  const failing = (error: Error | undefined) => async (_of: unknown, result: unknown) => {
    if (error !== undefined) throw error;
    return result;
  };
  const granted = new Set<string>();
  const ports = {
    registry: { index: { instancesOf: () => [{ service: 'demo' }] }, validators: { has: () => false } },
    connections: { inTurn: (all: unknown) => all, to: () => connection },
    references: { isAnothers: () => false },
    grants: {
      issue: () => {
        granted.add('bearer');
        return 'bearer';
      },
      revoke: (bearer: string) => granted.delete(bearer),
    },
    payloads: { moveOut: failing(moveOut), putAllBack: failing(putAllBack) },
    dataPlaneUrl: () => 'https://runtime',
    callsPerInstanceMax: 1,
    tracer: null,
  };
  return { dispatcher: new ParticipantDispatcher(ports as unknown as DispatcherPorts), calls, granted };
}

/** An undo, whose call carries the result of what it undoes. */
function deliveryOf(deliveryAttempt: number): Delivery {
  const intent = { tenantId: 't', userId: 'ada', metadata: {} };
  const call = {
    capability: { name: 'a.b', version: '1.0.0' },
    timeoutMs: 1_000,
    idempotencyKey: 'key',
    intent,
    undoes: { result: RESULT },
  };
  const state = { executionId: 'exe_1', intent, capabilities: [] };
  return { state, call, callToken: { epoch: 1, n: 1 }, deliveryAttempt } as unknown as Delivery;
}

describe('a call that cannot be made', () => {
  it.each([
    ['content_not_found', new FailureError(failure('content_not_found', 'no such content'))],
    ['wal_unavailable', new LogClosed('the log cannot be read')],
    ['internal_error', new Error('EIO')],
  ])('has failed for now: nothing was sent, and the attempt has an outcome (%s)', async (code, error) => {
    const { dispatcher, calls, granted } = dispatcherWith({ putAllBack: error });
    expect(await dispatcher.deliver(deliveryOf(1))).toMatchObject({ kind: 'failed', error: { code, retryable: true } });
    expect([calls, [...granted]]).toEqual([[], []]);
  });

  it('is unknown when one before it may have been made', async () => {
    const { dispatcher } = dispatcherWith({ putAllBack: new Error('EIO') });
    expect(await dispatcher.deliver(deliveryOf(2))).toMatchObject({
      kind: 'unknown',
      error: { code: 'internal_error' },
    });
  });
});

describe('a result that cannot be kept', () => {
  it('is unknown, whatever went wrong: the participant has done its work', async () => {
    const { dispatcher, calls, granted } = dispatcherWith({ moveOut: new Error('ENOSPC: no space left on device') });
    const outcome = await dispatcher.deliver(deliveryOf(1));
    expect(outcome).toMatchObject({ kind: 'unknown', error: { code: 'internal_error', retryable: true } });
    expect([calls.length, [...granted]]).toEqual([1, []]);
  });
});
