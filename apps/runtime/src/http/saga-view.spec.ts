import { acceptPlan, broke, chainOf, done, History, planStep, undone } from '@intendant/execution/testing';
import { SagaReply } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { sagaView } from './saga-view.js';

const viewOf = ({ state }: History) => SagaReply.parse(sagaView(state, 'healthy', false));
const rows = (history: History) =>
  viewOf(history).steps.map(({ stepId, status, compensation }) => [stepId, status, compensation?.status]);

describe('the ledger', () => {
  it('holds every step of the plan, also those that have not started', () => {
    expect(rows(History.of(acceptPlan(chainOf('a', 'b', 'c')), done('a')))).toEqual([
      ['a', 'succeeded', 'none'],
      ['b', 'started', 'none'],
      ['c', 'never_started', 'none'],
    ]);
  });

  it('shows undo after undo, and why', () => {
    const history = History.of(acceptPlan(chainOf('a', 'b', 'c')), done('a'), done('b'), broke('c'));
    history.perform(undone('b'));
    expect(rows(history)).toEqual([
      ['a', 'succeeded', 'started'],
      ['b', 'succeeded', 'succeeded'],
      ['c', 'failed', 'none'],
    ]);
    expect(viewOf(history).unwinding).toMatchObject({ target: 'compensated', stepId: 'c' });
  });

  it('has a step for every copy of a fan-out once the list is known, and one before', () => {
    const each = planStep('each', ['first'], { forEach: { items: '/payload/ids' }, compensation: null });
    const accept = acceptPlan({ concurrencyMax: 2, steps: [planStep('first'), each] });
    const history = new History();
    history.perform({ ...accept, intent: { ...accept.intent, payload: { ids: [1, 2, 3] } } });
    expect(rows(history).map(([stepId]) => stepId)).toEqual(['first', 'each']);
    history.perform(done('first'));
    expect(rows(history)).toEqual([
      ['first', 'succeeded', 'none'],
      ['each.0', 'started', undefined],
      ['each.1', 'started', undefined],
      ['each.2', 'never_started', undefined],
    ]);
    expect(viewOf(history).steps.at(-1)).toMatchObject({ planStepId: 'each', dependsOn: ['first'] });
  });
});
