import { acceptCommand, History, signal } from '@intendant/execution/testing';
import type { Principal } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { describe, expect, it } from '@jest/globals';
import { SignalsController } from '../http/signals.controller.js';
import { SignalDesk } from './signal-desk.js';

const SMALL = '0190a5d4-7c7b-7000-8000-00000000abcd';
const CAPITAL = SMALL.toUpperCase();

/** An execution that was paused by a signal of this id, whose log says so. */
function pausedBy(signalId: string) {
  const paused = { ...signal('pause'), signalId, payloadDigest: digestOf({}) };
  const history = History.of(acceptCommand(), paused);
  const { tenantId } = history.state.intent as { tenantId: string };
  const platform = {
    wal: {
      tenantOfStream: () => Promise.resolve(tenantId),
      readStream: () => Promise.resolve(history.entries),
    },
    supervisor: {
      read: () => Promise.resolve(history.state),
      isRecovering: () => false,
    },
    metrics: { signals: { inc: () => undefined } },
  } as never;
  const desk = new SignalDesk(platform);
  const principal: Principal = { tenantId, userId: 'ada', roles: ['operator'], mode: 'standard' };
  return { desk, principal, controller: new SignalsController(platform, desk), executionId: history.executionId };
}

describe.each([
  ['in small letters', SMALL],
  ['in capitals, as early histories have it', CAPITAL],
])('a signal whose id is recorded %s', (_how, recorded) => {
  it.each([SMALL, CAPITAL])('is the same signal when it is sent as %s', async (signalId) => {
    const { desk, principal, executionId } = pausedBy(recorded);
    const answer = await desk.send(principal, 'c1', executionId, { signalId, signalType: 'pause' });
    expect(answer).toMatchObject({ repeated: true, reply: { signalId: recorded, status: 'paused' } });
  });

  it.each([SMALL, CAPITAL])('is found as %s', async (asked) => {
    const { controller, principal, executionId } = pausedBy(recorded);
    const request = { principal: { ...principal, userId: 'ada' }, correlationId: 'c1' } as never;
    expect(await controller.get(request, executionId, asked)).toMatchObject({ signalId: recorded });
  });
});
