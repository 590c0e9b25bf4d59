import type { Intent } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { describe, expect, it } from '@jest/globals';
import { evolve } from './evolve.js';
import { judgeSignal } from './judge-signal.js';
import { inputOf } from './plan-of.js';
import { noExecution } from './state.js';
import { acceptPlan, broke, done, History, planStep, signal } from './testing/index.js';

const RETRY = { attemptsMax: 3, capMs: 1_000, factor: 2, initialMs: 1_000, nonRetryableCodes: [] };
const input = { sku: { $from: '/payload/sku' } };

function accepted(steps: ReturnType<typeof planStep>[], payload: Intent['payload']) {
  const accept = acceptPlan({ concurrencyMax: 1, steps });
  const payloadDigest = digestOf(payload);
  const intent = { ...accept.intent, payload, payloadDigest };
  return { ...accept, intent, decision: { ...accept.decision, inputDigest: payloadDigest } };
}

const againA = { kind: 'timer_fired', timerId: 'retry/a/2', nowMs: done('a').nowMs } as const;

const startsOf = (history: History) =>
  history.records.flatMap((record) => (record.type === 'step.started' ? [record.data.inputDigest] : []));

describe('what is put over the payload after a step has started', () => {
  it('does not reach what undoes the step, nor an undo with an input of its own', () => {
    const own = { ...planStep('a').compensation, input: { put: { $from: '/payload/sku' } } } as never;
    const steps = [planStep('a', [], { input }), planStep('b', ['a'], { compensation: own }), planStep('c', ['b'])];
    const history = History.of(accepted(steps, { sku: 'A' }), done('a'));
    history.perform(signal('update_params', { params: { sku: 'B' } }));
    history.perform(done('b'));
    history.perform(broke('c'));
    expect(inputOf(history.state, 'a', 'undo')).toEqual({ sku: 'A' });
    expect(inputOf(history.state, 'b', 'undo')).toEqual({ put: 'A' });
    expect(inputOf(history.state, 'c', 'forward')).toEqual({ sku: 'B' });
  });

  it('does not reach its next attempt, which has the same key', () => {
    const steps = [planStep('a', [], { input, retry: RETRY }), planStep('b', ['a'], { input })];
    const history = History.of(accepted(steps, { sku: 'A' }), broke('a', { outcome: 'unknown' }));
    history.perform(signal('update_params', { params: { sku: 'B' } }));
    history.perform(againA);
    history.perform(done('a', 2));
    const digests = ['A', 'A', 'B'].map((sku) => digestOf({ sku }));
    expect(startsOf(history)).toEqual(digests);
  });

  it('does not reach the copies of a fan-out that has met its list', () => {
    const each = planStep('each', [], { forEach: { items: '/payload/ids' }, input: { id: { $from: '/item' } } });
    const history = History.of(accepted([each, planStep('end', ['each'])], { ids: [1, 2, 3] }), done('each.0'));
    history.perform(signal('update_params', { params: { ids: [7] } }));
    history.perform(done('each.1'));
    expect(startsOf(history)).toEqual([1, 2, 3].map((id) => digestOf({ id })));
    expect(inputOf(history.state, 'each.0', 'undo')).toEqual({ id: 1 });
  });

  it('is refused when there is no step left to reach', () => {
    const update = signal('update_params', { params: { sku: 'B' } });
    const history = History.of(accepted([planStep('a', [], { input }), planStep('b', ['a'])], { sku: 'A' }));
    expect(judgeSignal(history.state, update)).toBeNull();
    history.perform(done('a'));
    expect(judgeSignal(history.state, update)?.code).toBe('step_started');
  });

  it('is refused when it was checked against a payload that somebody has changed since', () => {
    const history = History.of(accepted([planStep('a', [], { input }), planStep('b', ['a'])], { sku: 'A' }));
    const update = (sku: string) => ({ ...signal('update_params', { params: { sku } }), checkedOver: null });
    expect(judgeSignal(history.state, update('B'))).toBeNull();
    history.perform(update('C'));
    expect(judgeSignal(history.state, update('B'))?.code).toBe('signal_not_applicable');
    expect(judgeSignal(history.state, { ...update('B'), checkedOver: { sku: 'C' } })).toBeNull();
  });

  it('reached attempts in early histories: they fold to the input that they recorded', () => {
    const steps = [planStep('a', [], { input, retry: RETRY }), planStep('b', ['a'])];
    const history = History.of(accepted(steps, { sku: 'A' }), broke('a', { outcome: 'unknown' }));
    history.perform(signal('update_params', { params: { sku: 'B' } }));
    history.perform(againA);
    const early = history.records.map((record) =>
      record.type === 'step.started' && record.data.attempt === 2
        ? { ...record, data: { ...record.data, inputDigest: digestOf({ sku: 'B' }) } }
        : record,
    );
    const state = early.reduce(evolve, noExecution(history.executionId));
    expect(inputOf(state, 'a', 'forward')).toEqual({ sku: 'B' });
    expect(inputOf(state, 'a', 'undo')).toEqual({ sku: 'B' });
  });
});
