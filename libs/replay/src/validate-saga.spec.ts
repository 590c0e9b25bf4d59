import { acceptPlan, broke, chainOf, done, History, planStep, signal, undone } from '@intendant/execution/testing';
import { digestOf } from '@intendant/kernel';
import { type Entry } from '@intendant/wal';
import { SAMPLE_IDS, sampleCapability } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { validateExecution } from './validate.js';

const ID = SAMPLE_IDS.executionId;
const input = (value: string) => ({ input: { value } });
/** Steps with inputs of their own, and undos with others. */
const plan = {
  concurrencyMax: 1,
  steps: ['a', 'b', 'c'].map((stepId, at) => {
    const step = planStep(stepId, at === 0 ? [] : [['a', 'b'][at - 1] as string], input(stepId));
    return { ...step, compensation: step.compensation && { ...step.compensation, ...input(`not ${stepId}`) } };
  }),
};
const withPivot = { ...plan, steps: plan.steps.map((step) => ({ ...step, pivot: step.stepId === 'b' })) };
const fanOut = {
  concurrencyMax: 2,
  steps: [planStep('each', [], { forEach: { items: '/payload/ids' }, input: { id: { $from: '/item' } } })],
};
const acceptedFanOut = () => {
  const accept = acceptPlan(fanOut);
  const payload = { ids: [1, 2] };
  const payloadDigest = digestOf(payload);
  const intent = { ...accept.intent, payload, payloadDigest };
  return { ...accept, intent, decision: { ...accept.decision, inputDigest: payloadDigest } };
};

const failures = (entries: readonly Entry[]) =>
  validateExecution(ID, entries)
    .checks.filter(({ passed }) => !passed)
    .map(({ check, finding }) => `${check}: ${finding}`);

/** The entries with one record's data changed, as somebody would who can make hashes. */
const forged = (history: History, type: string, change: object): readonly Entry[] => {
  const position = history.entries.findIndex(({ records }) => records.some((record) => record.type === type));
  return history.entries.map((entry, at) =>
    at === position
      ? {
          ...entry,
          records: entry.records.map((record) =>
            record.type === type ? ({ ...record, data: { ...record.data, ...change } } as typeof record) : record,
          ),
        }
      : entry,
  );
};

const undoneSaga = History.of(acceptPlan(plan), done('a'), done('b'), broke('c'), undone('b'), undone('a'));

describe('validating a saga from its log', () => {
  it.each<[string, History]>([
    ['completed', History.of(acceptPlan(chainOf('a', 'b')), done('a'), done('b'))],
    ['with inputs of its steps', History.of(acceptPlan(plan), done('a'), done('b'), done('c'))],
    ['a fan-out', History.of(acceptedFanOut(), done('each.0'), done('each.1'))],
    ['undone', undoneSaga],
    ['stuck in an undo', History.of(acceptPlan(plan), done('a'), broke('b'), broke('a', { direction: 'undo' }))],
    [
      'helped on',
      History.of(
        acceptPlan(plan),
        done('a'),
        broke('b'),
        broke('a', { direction: 'undo' }),
        signal('retry_step', { stepId: 'a' }),
        undone('a', 2),
      ),
    ],
    ['stopped while going forward', History.of(acceptPlan(plan), done('a'), signal('emergency_stop'))],
    ['stopped amid an undo', History.of(acceptPlan(plan), done('a'), broke('b'), signal('emergency_stop'))],
    [
      'stopped when an undo had failed for good',
      History.of(acceptPlan(plan), done('a'), broke('b'), broke('a', { direction: 'undo' }), signal('emergency_stop')),
    ],
    [
      'cancelled while its point of no return was at work',
      History.of(acceptPlan(withPivot), done('a'), signal('cancel'), done('b'), done('c')),
    ],
    [
      'stopped between two undos of a saga that was cancelled',
      History.of(
        acceptPlan(plan),
        done('a'),
        done('b'),
        signal('cancel'),
        broke('c'),
        undone('b'),
        signal('emergency_stop'),
      ),
    ],
  ])('passes every check: %s', (_name, history) => {
    expect(failures(history.entries)).toEqual([]);
  });

  it.each<[string, string, object, string]>([
    ['a step on another input', 'step.started', { inputDigest: 'b'.repeat(64) }, 'the step ran on another input'],
    [
      'an undo on another input',
      'compensation.started',
      { inputDigest: 'b'.repeat(64) },
      'the step ran on another input',
    ],
    [
      'an undo under the key of its step',
      'compensation.started',
      { idempotencyKey: digestOf(['acme', ID, 'b', 'forward']) },
      'the idempotency key is not the one of the step',
    ],
    [
      'an undo by another capability',
      'compensation.started',
      { capability: { name: 'content.other', version: sampleCapability().version } },
      'content.other@1.2.0 is not what was resolved',
    ],
  ])('fails, and says why: %s', (_name, type, change, finding) => {
    expect(failures(forged(undoneSaga, type, change)).join()).toContain(finding);
  });

  it('fails when a cancelled saga left something undone, unless it was an emergency stop that ended it', () => {
    const stopped = History.of(acceptPlan(plan), done('a'), broke('b'), signal('emergency_stop'));
    const finding = 'a succeeded and was not undone before execution.cancelled';
    expect(failures(forged(stopped, 'signal.applied', { signalType: 'pause' })).join()).toContain(finding);
    const elsewhere = stopped.entries.map((entry) => ({
      ...entry,
      records: entry.records.map((record) =>
        record.type === 'execution.cancelled' ? { ...record, causationSeq: 1 } : record,
      ),
    }));
    expect(failures(elsewhere).join()).toContain(finding);
  });

  it('passes histories whose undo got what was put over the payload since its step', () => {
    const saga = { concurrencyMax: 1, steps: [planStep('a'), planStep('b', ['a']), planStep('c', ['b'])] };
    const update = signal('update_params', { params: { n: 7 } });
    const history = History.of(acceptPlan(saga), done('a'), update, broke('b'), undone('a'));
    expect(failures(history.entries)).toEqual([]);
    const since = digestOf({ ...history.state.intent?.payload, n: 7 });
    expect(failures(forged(history, 'compensation.started', { inputDigest: since })).join()).not.toContain('input');
  });

  it('fails when something was undone behind a point of no return', () => {
    const found = failures(forged(undoneSaga, 'intent.accepted', { plan: withPivot }));
    expect(found.join()).toContain('execution.compensating after the point of no return had succeeded');
    const late = History.of(acceptPlan(plan), done('a'), signal('cancel'), done('b'), undone('b'), undone('a'));
    expect(failures(forged(late, 'intent.accepted', { plan: withPivot })).join()).toContain(
      'compensation.started after the point of no return had succeeded',
    );
  });

  it('fails when a step started before what a skipped one depended on was done', () => {
    const planWhereB = (...dependsOn: string[]) => ({
      concurrencyMax: 2,
      steps: [planStep('a'), planStep('z'), planStep('b', dependsOn), planStep('c', ['b'])],
    });
    const history = History.of(acceptPlan(planWhereB('z')), signal('skip_step', { stepId: 'b' }), done('z'));
    expect(failures(history.entries)).toEqual([]);
    const found = failures(forged(history, 'intent.accepted', { plan: planWhereB('z', 'a') }));
    expect(found.join()).toContain('step c started before a was done');
  });
});
