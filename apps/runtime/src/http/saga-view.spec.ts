import { noJournal } from '@intendant/execution';
import {
  acceptPlan,
  broke,
  chainOf,
  done,
  History,
  needingApproval,
  planStep,
  signal,
  undone,
} from '@intendant/execution/testing';
import { SagaReply } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { executionView, resultView } from './execution-view.js';
import { sagaView } from './saga-view.js';

const retry = { attemptsMax: 3, initialMs: 1_000, factor: 1, capMs: 1_000, nonRetryableCodes: [] };

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

  it('shows as abandoned what an emergency stop left in flight, an undo included', () => {
    const plan = {
      ...chainOf('a', 'b'),
      concurrencyMax: 2,
      steps: [planStep('a'), planStep('b'), planStep('c', ['b'])],
    };
    expect(rows(History.of(acceptPlan(plan), done('a'), signal('emergency_stop')))).toEqual([
      ['a', 'succeeded', 'none'],
      ['b', 'abandoned', 'none'],
      ['c', 'never_started', 'none'],
    ]);
    const undoing = History.of(acceptPlan(chainOf('a', 'b')), done('a'), broke('b'), signal('emergency_stop'));
    expect(rows(undoing)[0]).toEqual(['a', 'succeeded', 'abandoned']);
  });

  it('shows as failed what had failed and waited for a retry when its execution ended', () => {
    const steps = [planStep('a', [], { retry }), planStep('b', [], { retry }), planStep('c'), planStep('d')];
    const history = History.of(
      acceptPlan({ concurrencyMax: 4, steps }),
      broke('a'),
      broke('b', { outcome: 'unknown' }),
    );
    expect(rows(history).map(([, status]) => status)).toEqual([
      'awaiting_retry',
      'awaiting_retry',
      'started',
      'started',
    ]);
    history.perform(done('d'));
    history.perform(signal('emergency_stop'));
    expect(rows(history).map(([, status]) => status)).toEqual(['failed', 'abandoned', 'abandoned', 'succeeded']);
    expect(executionView(history.state).steps.map(({ status }) => status)).toEqual(
      [...history.state.steps].map(({ stepId }) => viewOf(history).steps.find((one) => one.stepId === stepId)?.status),
    );
  });

  it('shows as failed an undo that had failed and waited for a retry when its execution ended', () => {
    const [a, b] = [planStep('a'), planStep('b', ['a'])];
    const patient = { ...a, compensation: a.compensation && { ...a.compensation, retry } };
    const history = History.of(acceptPlan({ concurrencyMax: 1, steps: [patient, b] }), done('a'), broke('b'));
    history.perform(broke('a', { direction: 'undo' }));
    expect(rows(history)[0]).toEqual(['a', 'succeeded', 'awaiting_retry']);
    history.perform(signal('emergency_stop'));
    expect(rows(history)[0]).toEqual(['a', 'succeeded', 'failed']);
  });

  it('is neither stuck nor paused once it ended, in every view', () => {
    const stuck = History.of(acceptPlan(chainOf('a', 'b')), done('a'), broke('b'), broke('a', { direction: 'undo' }));
    const reasons = ({ state }: History) => [
      sagaView(state, 'healthy', false).stuckReason,
      executionView(state).stuckReason,
      resultView(state).stuckReason,
    ];
    expect(reasons(stuck)).toEqual(Array(3).fill(expect.stringContaining('undo of a')));
    stuck.perform(signal('emergency_stop'));
    expect(reasons(stuck)).toEqual([null, null, null]);
    const paused = History.of(acceptPlan(chainOf('a')), signal('pause'));
    expect(viewOf(paused).pausedBecause).toBe('because');
    paused.perform(signal('emergency_stop'));
    expect(viewOf(paused).pausedBecause).toBeNull();
  });

  it('names the approval of the payload as it was changed last, and who changed it', () => {
    const waits = (history: History) => viewOf(history).waits.map(({ waitId, prompt }) => [waitId, prompt]);
    const history = History.of(needingApproval());
    expect(waits(history)).toEqual([['start', expect.stringMatching(/ needs an approval$/)]]);
    history.perform(signal('update_params', { params: { n: 1 } }));
    history.perform(signal('update_params', { params: { n: 2 } }));
    expect(waits(history)).toEqual([['start.3', expect.stringMatching(/ changed by user:ada needs an approval$/)]]);
  });

  it('waits for nobody once it ended or turned round', () => {
    const { state } = History.of(acceptPlan(chainOf('a')));
    const waits = [{ waitId: 'w', name: 'go', approval: true, prompt: null }];
    const waiting = { ...state, durable: { ...noJournal, waits } };
    expect(sagaView(waiting, 'healthy', false).waits).toEqual(waits);
    for (const status of ['completed', 'failed', 'cancelled', 'compensated'] as const)
      expect(sagaView({ ...waiting, status }, 'healthy', false).waits).toEqual([]);
    const unwinding = { target: 'compensated', error: null, stepId: null } as const;
    for (const status of ['compensating', 'stuck'] as const)
      expect(sagaView({ ...waiting, status, unwinding }, 'healthy', false).waits).toEqual([]);
  });

  it('has a step for a fan-out over nothing', () => {
    const each = planStep('each', [], { forEach: { items: '/payload/ids' } });
    const accept = acceptPlan({ concurrencyMax: 2, steps: [each, planStep('join', ['each'])] });
    const history = History.of({ ...accept, intent: { ...accept.intent, payload: { ids: [] } } });
    expect(viewOf(history).steps.map(({ stepId, status, capability }) => [stepId, status, capability])).toEqual([
      ['each', 'skipped', each.capability],
      ['join', 'started', each.capability],
    ]);
  });
});
