import { describe, expect, it } from '@jest/globals';
import { StepResolution } from './api/sagas.js';
import { isDestructive, roleSufficing, SIGNAL_TYPES, SignalSubmission, suffices } from './signals.js';

const signalId = '0190a5d4-7c7b-7000-8000-000000000001';
const PAYLOADS: Readonly<Record<string, object>> = {
  retry_step: { stepId: 'a' },
  skip_step: { stepId: 'a.0' },
  resolve_step: { stepId: 'a', outcome: 'failed' },
  approve: { waitId: 'w' },
  deny: { waitId: 'w', note: 'no' },
  application: { name: 'paid', payload: 1 },
  update_params: { params: { n: 1 } },
  inject_override: { stepId: 'a', override: {} },
  escalate_alert: { level: 'P1' },
};
const sent = (signalType: string, more: object = {}) => ({
  signalId,
  signalType,
  payload: PAYLOADS[signalType] ?? {},
  ...more,
});
const isSignal = (body: unknown): boolean => SignalSubmission.safeParse(body).success;

describe.each(SIGNAL_TYPES)('a %s signal', (signalType) => {
  it('has its own payload and no other member', () => {
    expect(isSignal(sent(signalType))).toBe(true);
    expect(isSignal(sent(signalType, { payload: { ...PAYLOADS[signalType], more: 1 } }))).toBe(false);
    expect(isSignal(sent(signalType, { more: 1 }))).toBe(false);
    expect(isSignal(sent(signalType, { signalId: 'one' }))).toBe(false);
  });

  it('is needed whole where its payload says something', () => {
    expect(isSignal({ signalId, signalType })).toBe(PAYLOADS[signalType] === undefined);
  });

  it('takes a reason of bounded length', () => {
    const longest = signalType === 'emergency_stop' ? 1_000 : 500;
    expect(isSignal(sent(signalType, { reason: 'x'.repeat(longest) }))).toBe(true);
    expect(isSignal(sent(signalType, { reason: 'x'.repeat(longest + 1) }))).toBe(false);
  });

  it('knows forceKill only when it stops', () => {
    expect(isSignal(sent(signalType, { payload: { ...PAYLOADS[signalType], forceKill: true } }))).toBe(
      signalType === 'emergency_stop',
    );
  });
});

it('no signal has another level, outcome or type', () => {
  expect(isSignal(sent('escalate_alert', { payload: { level: 'LOUD' } }))).toBe(false);
  expect(isSignal(sent('escalate_alert', { payload: { level: 'INFO', note: 'x'.repeat(1_001) } }))).toBe(false);
  expect(isSignal(sent('resolve_step', { payload: { stepId: 'a', outcome: 'skipped' } }))).toBe(false);
  expect(isSignal(sent('explode'))).toBe(false);
  expect(isSignal(sent('emergency_stop', { reason: '' }))).toBe(false);
});

it('what a step returned is said of one that succeeded only', () => {
  for (const returned of [{ result: { artifacts: [], events: [], stateChanges: [] } }, { value: null }]) {
    const resolution = (outcome: string) => ({ outcome, ...returned });
    expect(isSignal(sent('resolve_step', { payload: { stepId: 'a', ...resolution('succeeded') } }))).toBe(true);
    expect(isSignal(sent('resolve_step', { payload: { stepId: 'a', ...resolution('failed') } }))).toBe(false);
    expect(StepResolution.safeParse(resolution('succeeded')).success).toBe(true);
    expect(StepResolution.safeParse(resolution('failed')).success).toBe(false);
  }
});

describe('roles', () => {
  it.each([
    ['pause', ['admin'], 'operator'],
    ['retry_step', ['admin', 'operator'], 'engineer'],
    ['emergency_stop', ['admin'], 'admin'],
    ['escalate_alert', ['admin'], 'admin'],
    ['escalate_alert', ['admin', 'system'], 'system'],
  ] as const)('of %s sent by %j: %s', (signalType, held, role) => {
    expect(roleSufficing(signalType, held)).toBe(role);
  });

  it('hold what lesser ones hold, and the system nothing but its alert', () => {
    for (const signalType of SIGNAL_TYPES) {
      if (suffices('operator', signalType)) expect(suffices('engineer', signalType)).toBe(true);
      if (suffices('engineer', signalType)) expect(suffices('admin', signalType)).toBe(true);
      expect(suffices('system', signalType)).toBe(signalType === 'escalate_alert');
      expect(suffices('admin', signalType)).toBe(true);
    }
  });
});

it('what cannot be taken back needs a reason', () => {
  expect(SIGNAL_TYPES.filter(isDestructive).sort()).toEqual([
    'cancel',
    'compensate',
    'emergency_stop',
    'inject_override',
    'resolve_step',
    'update_params',
  ]);
});
