import { describe, expect, it } from '@jest/globals';
import { judgeHealth, judgeSilence, type Pulse } from './nurse.js';

const BOUND_MS = 10_000;
const pulse = (changes: Partial<Pulse> = {}): Pulse => ({
  status: 'running',
  lastRecordMs: 0,
  callMsMax: 0,
  timerDueMs: null,
  retrying: false,
  needsPerson: false,
  ...changes,
});

describe('silence', () => {
  it.each([
    ['within the bound', pulse(), 10_000, null],
    ['beyond it', pulse(), 10_001, 10_001],
    ['while a call may still take its time', pulse({ callMsMax: 5_000 }), 15_000, null],
    ['of a call that should have ended', pulse({ callMsMax: 5_000 }), 15_001, 15_001],
    ['before a timer', pulse({ status: 'waiting', timerDueMs: 60_000 }), 70_000, null],
    ['of a timer that did not fire', pulse({ status: 'waiting', timerDueMs: 60_000 }), 70_001, 70_001],
    ['of an undo', pulse({ status: 'compensating' }), 10_001, 10_001],
    ['of what waits for somebody outside', pulse({ status: 'waiting' }), 99_999, null],
    ['of what is paused', pulse({ status: 'paused' }), 99_999, null],
    ['of what is stuck', pulse({ status: 'stuck' }), 99_999, null],
    ['after the end', pulse({ status: 'settled' }), 99_999, null],
  ])('%s', (_what, heard, nowMs, silentMs) => {
    expect(judgeSilence(heard, nowMs, BOUND_MS)).toBe(silentMs);
  });
});

describe('health', () => {
  it.each([
    [pulse(), 0, 'healthy'],
    [pulse({ retrying: true }), 0, 'retrying'],
    [pulse({ retrying: true }), 20_000, 'silent'],
    [pulse({ status: 'stuck' }), 0, 'needs_attention'],
    [pulse({ status: 'waiting', retrying: true, needsPerson: true }), 0, 'needs_attention'],
    [pulse({ status: 'paused' }), 0, 'healthy'],
    [pulse({ status: 'paused', needsPerson: true }), 0, 'needs_attention'],
    [pulse({ status: 'settled' }), 99_999, 'healthy'],
    [pulse({ status: 'settled', needsPerson: true }), 0, 'healthy'],
    [pulse({ status: 'settled', retrying: true }), 0, 'healthy'],
  ] as const)('%j at %i is %s', (heard, nowMs, health) => {
    expect(judgeHealth(heard, nowMs, BOUND_MS)).toBe(health);
  });
});
