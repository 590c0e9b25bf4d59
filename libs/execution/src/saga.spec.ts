import { describe, expect, it } from '@jest/globals';
import { acceptPlan, broke, chainOf, done, History, planStep, signal, undone } from './testing/index.js';

const UNDO = 'compensation.started';

describe('a saga of three steps', () => {
  it('starts each step in the entry that ended the one before it: steps + 1 entries', () => {
    const history = History.of(acceptPlan(chainOf('a', 'b', 'c')), done('a'), done('b'), done('c'));
    expect(history.entries).toHaveLength(4);
    expect(history.state.status).toBe('completed');
    expect(
      history.records.filter((record) => record.type === 'step.started').map((record) => record.data),
    ).toMatchObject([{ stepId: 'a' }, { stepId: 'b' }, { stepId: 'c' }]);
  });

  it('is undone in reverse when a step fails for good', () => {
    const history = History.of(acceptPlan(chainOf('a', 'b', 'c')), done('a'), done('b'));
    expect(history.perform(broke('c'))).toEqual(['step.failed', 'execution.compensating', UNDO]);
    expect(history.perform(undone('b'))).toEqual(['compensation.succeeded', 'event.emitted', UNDO]);
    expect(history.perform(undone('a'))).toEqual(['compensation.succeeded', 'event.emitted', 'execution.compensated']);
    expect(history.state.status).toBe('compensated');
  });

  it('is stuck, and says why, when an undo fails for good; a person retries it', () => {
    const history = History.of(acceptPlan(chainOf('a', 'b')), done('a'), broke('b'));
    expect(history.perform(broke('a', { direction: 'undo' }))).toEqual(['compensation.failed', 'execution.stuck']);
    expect(history.state).toMatchObject({ status: 'stuck', stuckReason: expect.stringContaining('undo of a') });
    expect(history.perform(signal('retry_step', { stepId: 'a' }))).toEqual([
      'signal.decided',
      'signal.applied',
      'execution.resumed',
      'compensation.retry_scheduled',
      UNDO,
    ]);
    history.perform(undone('a', 2));
    expect(history.state.status).toBe('compensated');
  });

  it('brings a started step to an outcome before it undoes anything', () => {
    const plan = { concurrencyMax: 3, steps: [planStep('a'), planStep('b'), planStep('c')] };
    const history = History.of(acceptPlan(plan), done('a'));
    expect(history.perform(broke('b'))).toEqual(['step.failed']);
    expect(history.perform(done('c'))).toEqual(['step.succeeded', 'event.emitted', 'execution.compensating', UNDO]);
    expect(history.state.steps['c']?.undo?.status).toBe('started');
    history.perform(undone('c'));
    history.perform(undone('a'));
    expect(history.state.status).toBe('compensated');
  });

  it('goes no way but forward after its pivot', () => {
    const plan = {
      concurrencyMax: 1,
      steps: [planStep('a'), planStep('b', ['a'], { pivot: true, compensation: null }), planStep('c', ['b'])],
    };
    const history = History.of(acceptPlan(plan), done('a'), done('b'));
    expect(history.perform(broke('c'))).toEqual(['step.failed', 'execution.stuck']);
  });
});

describe('a fan-out', () => {
  const plan = {
    concurrencyMax: 2,
    steps: [planStep('each', [], { forEach: { items: '/payload/ids', batchSize: 2 } }), planStep('last', ['each'])],
  };
  it('runs a copy per batch, no more at once than allowed, and waits for all', () => {
    const history = new History();
    const accept = acceptPlan(plan);
    const payload = { ids: [1, 2, 3, 4, 5] };
    history.perform({ ...accept, intent: { ...accept.intent, payload } });
    const started = () => Object.values(history.state.steps).flatMap((s) => (s.status === 'started' ? [s.stepId] : []));
    expect(started()).toEqual(['each.0', 'each.1']);
    history.perform(done('each.1'));
    expect(started()).toEqual(['each.0', 'each.2']);
    history.perform(done('each.0'));
    history.perform(done('each.2'));
    expect(started()).toEqual(['last']);
  });
});
