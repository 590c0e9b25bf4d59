import { describe, expect, it } from '@jest/globals';
import { judgeSignal } from './judge-signal.js';
import {
  acceptCommand,
  acceptPlan,
  broke,
  done,
  History,
  planStep,
  signal,
  succeeded,
  undone,
} from './testing/index.js';

const planWith = (pivot: object = {}) => ({
  concurrencyMax: 2,
  steps: [planStep('a'), planStep('b', ['a'], { pivot: true, compensation: null, ...pivot }), planStep('c', ['b'])],
});
const FORWARD = ['execution.resumed', 'step.started'];

describe('a point of no return that succeeds after the saga has turned round', () => {
  it.each(['cancel', 'compensate'] as const)('goes forward, and undoes nothing behind it: %s', (signalType) => {
    const history = History.of(acceptPlan(planWith()), done('a'), signal(signalType));
    expect(history.state.status).toBe('compensating');
    expect(history.perform(done('b'))).toEqual(['step.succeeded', 'event.emitted', ...FORWARD]);
    expect(history.state).toMatchObject({ status: 'running', unwinding: null, error: null });
    expect(judgeSignal(history.state, signal('cancel'))?.code).toBe('pivot_passed');
    history.perform(done('c'));
    expect(history.state.status).toBe('completed');
  });

  it('goes forward when a person finds out that it did', () => {
    const accept = acceptPlan(planWith({ unknownOutcome: 'park' }));
    const history = History.of(accept, done('a'), broke('b', { outcome: 'unknown' }), signal('cancel'));
    expect(history.state.status).toBe('stuck');
    const types = history.perform(signal('resolve_step', { stepId: 'b', outcome: 'succeeded' }));
    expect(types.slice(-2)).toEqual(FORWARD);
    expect(history.state.status).toBe('running');
  });

  it('stands still for a person when a step beside it has failed for good', () => {
    const beside = planStep('d', ['a']);
    const plan = { ...planWith(), steps: [...planWith().steps, beside] };
    const history = History.of(acceptPlan(plan), done('a'), signal('cancel'), broke('d'));
    history.perform(done('b'));
    expect(history.state).toMatchObject({ status: 'stuck', unwinding: null });
    expect(history.state.stuckReason).toContain('after the point of no return');
    expect(judgeSignal(history.state, signal('retry_step', { stepId: 'd' }))).toBeNull();
  });

  it('is undone behind when it failed', () => {
    const history = History.of(acceptPlan(planWith()), done('a'), signal('cancel'));
    expect(history.perform(broke('b'))).toEqual(['step.failed', 'compensation.started']);
    history.perform(undone('a'));
    expect(history.state.status).toBe('cancelled');
  });
});

describe('a step with side effects that nothing undoes', () => {
  const without = { compensation: null };
  const inSequence = (...steps: ReturnType<typeof planStep>[]) => acceptPlan({ concurrencyMax: 1, steps });

  it.each(['cancel', 'compensate'] as const)('leads forward when it succeeds after %s', (signalType) => {
    const history = History.of(inSequence(planStep('a'), planStep('z', ['a'], without)), done('a'), signal(signalType));
    expect(history.perform(done('z')).slice(-2)).toEqual(['execution.resumed', 'execution.completed']);
    expect([...history.state.steps].every(({ undo }) => undo === null)).toBe(true);
  });

  it('lets nothing before it be undone when the pivot that covered it was skipped', () => {
    const skipped = planStep('p', ['a'], { ...without, pivot: true, forEach: { items: '/payload/none' } });
    const accept = inSequence(planStep('a'), skipped, planStep('z', ['p'], without), planStep('y', ['z']));
    const payload = { none: [] };
    const history = History.of({ ...accept, intent: { ...accept.intent, payload } }, done('a'), done('z'));
    expect(judgeSignal(history.state, signal('cancel'))?.code).toBe('pivot_passed');
    expect(history.perform(broke('y'))).toEqual(['step.failed', 'execution.stuck']);
    expect(history.state.steps.get('a')?.undo).toBeNull();
  });

  it('does not hinder the undo of what came before when it failed', () => {
    const history = History.of(inSequence(planStep('a'), planStep('z', ['a'], without)), done('a'), signal('cancel'));
    expect(history.perform(broke('z'))).toEqual(['step.failed', 'compensation.started']);
  });

  it('is cancelled as before where nothing in the plan can be undone', () => {
    const history = History.of(acceptCommand(), signal('cancel'), succeeded(1));
    expect(history.state.status).toBe('cancelled');
  });
});
