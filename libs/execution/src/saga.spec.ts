import { FAN_OUT_MAX } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { describe, expect, it } from '@jest/globals';
import { evolve } from './evolve.js';
import { judgeSignal } from './judge-signal.js';
import { inputDigestOf } from './plan-of.js';
import { noExecution } from './state.js';
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
    expect(history.state.steps.get('c')?.undo?.status).toBe('started');
    history.perform(undone('c'));
    history.perform(undone('a'));
    expect(history.state.status).toBe('compensated');
  });

  it('has failed when nothing that succeeded can be undone', () => {
    const steps = [planStep('a', [], { compensation: null, sideEffects: 'none' }), planStep('b', ['a'])];
    const history = History.of(acceptPlan({ concurrencyMax: 1, steps }), done('a'));
    expect(history.perform(broke('b'))).toEqual(['step.failed', 'execution.failed']);
  });

  it('is tried again as patiently as the step that failed says, when that is its recovery', () => {
    const retry = { ...planStep('a').retry, capMs: 7_000 };
    const each = planStep('a', [], { retry, forEach: { items: '/payload/ids' } });
    const accept = acceptPlan({ concurrencyMax: 1, steps: [each] }, { recovery: 'retry' });
    const history = History.of({ ...accept, intent: { ...accept.intent, payload: { ids: [1] } } });
    history.perform(broke('a.0', { retryable: true }));
    expect(history.records.at(-2)).toMatchObject({ type: 'step.retry_scheduled', data: { waitMs: 7_000 } });
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

describe('a step that is skipped ahead of its turn', () => {
  it('lets nothing start before what it depended on, nor be undone after it', () => {
    const plan = { ...chainOf('a', 'b', 'c', 'd'), concurrencyMax: 4 };
    const history = History.of(acceptPlan(plan), signal('skip_step', { stepId: 'b' }));
    expect([...history.state.steps].map((step) => `${step.stepId} ${step.status}`)).toEqual(['a started', 'b skipped']);
    for (const command of [done('a'), done('c'), broke('d'), undone('c'), undone('a')]) history.perform(command);
    const order = history.records.filter((record) => record.type === 'step.started' || record.type === UNDO);
    expect(order.map((record) => (record.data as { stepId: string }).stepId)).toEqual(['a', 'c', 'd', 'c', 'a']);
    expect(history.state.status).toBe('compensated');
  });

  it('is no fan-out whose copies run', () => {
    const fanned = planStep('each', [], { forEach: { items: '/payload/ids' } });
    const accept = acceptPlan({ concurrencyMax: 2, steps: [fanned, planStep('last', ['each'])] });
    const history = History.of({ ...accept, intent: { ...accept.intent, payload: { ids: [1, 2] } } });
    expect(judgeSignal(history.state, signal('skip_step', { stepId: 'each' }))?.code).toBe('step_not_terminal');
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
    const started = () => [...history.state.steps].flatMap((s) => (s.status === 'started' ? [s.stepId] : []));
    expect(started()).toEqual(['each.0', 'each.1']);
    history.perform(done('each.1'));
    expect(started()).toEqual(['each.0', 'each.2']);
    history.perform(done('each.0'));
    history.perform(done('each.2'));
    expect(started()).toEqual(['last']);
  });
});

describe('a fan-out over an empty list', () => {
  const input = { all: { $from: '/steps/work' } };
  const accepted = (...steps: ReturnType<typeof planStep>[]) => {
    const work = planStep('work', [], { forEach: { items: '/payload/ids' } });
    const accept = acceptPlan({ concurrencyMax: 2, steps: [work, ...steps] });
    return { ...accept, intent: { ...accept.intent, payload: { ids: [] } } };
  };

  it('has the empty list as its result, and its place among the steps', () => {
    const history = History.of(accepted(planStep('join', ['work'], { input })));
    const started = history.records.find((record) => record.type === 'step.started');
    expect(started?.data).toMatchObject({ stepId: 'join', inputDigest: digestOf({ all: [] }) });
    expect(history.state.steps.get('work')?.status).toBe('skipped');
    history.perform(done('join'));
    expect(history.state.status).toBe('completed');
  });

  it('is a list that the next can run over', () => {
    const history = History.of(accepted(planStep('next', ['work'], { forEach: { items: '/steps/work' } })));
    expect(history.state).toMatchObject({ status: 'completed', expansions: { work: 0, next: 0 } });
  });

  it('has no result in a history that does not say so', () => {
    const history = History.of(accepted(planStep('join', ['work'], { input })));
    const before = history.records.filter((record) => record.type !== 'step.skipped');
    const state = before
      .map((record, at) => ({ ...record, seq: at + 1 }))
      .reduce(evolve, noExecution(history.executionId));
    expect(inputDigestOf(state, 'join', 'forward')).toBe(digestOf({}));
  });
});

describe('a saga that turns round', () => {
  const harmless = planStep('look', [], { sideEffects: 'none' });

  it('undoes what undoes itself also when its retry was waited for and nothing had succeeded', () => {
    const retry = { ...planStep('a').retry, attemptsMax: 2 };
    const own = planStep('a', [], { compensateSelfOnFailure: true, retry });
    const history = History.of(acceptPlan({ concurrencyMax: 2, steps: [own, planStep('b')] }), broke('a'));
    expect(history.perform(broke('b'))).toEqual(['step.failed', 'execution.compensating', 'compensation.started']);
  });

  it('does not let a step without side effects be resolved, nor a failed one be tried again', () => {
    const plan = { concurrencyMax: 1, steps: [planStep('a'), { ...harmless, dependsOn: ['a'] }] };
    const history = History.of(acceptPlan(plan), done('a'), broke('look', { outcome: 'unknown' }));
    expect(history.state.status).toBe('compensating');
    const judged = (['resolve_step', 'retry_step'] as const).map((type) =>
      judgeSignal(history.state, signal(type, { stepId: 'look', outcome: 'succeeded' })),
    );
    expect(judged.map((refusal) => refusal?.code)).toEqual(['step_not_unknown', 'signal_not_applicable']);
  });
});

describe('an emergency stop', () => {
  it('leaves no timer set, also of a saga that was stuck', () => {
    const retry = { ...planStep('a').retry, attemptsMax: 2 };
    const plan = {
      concurrencyMax: 2,
      steps: [planStep('a', [], { retry }), planStep('b', [], { unknownOutcome: 'park' })],
    };
    const history = History.of(acceptPlan(plan), broke('a'), broke('b', { outcome: 'unknown' }));
    expect([history.state.status, Object.keys(history.state.timers)]).toEqual(['stuck', ['retry/a/2']]);
    history.perform(signal('emergency_stop'));
    expect([history.state.status, history.state.timers]).toEqual(['cancelled', {}]);
  });
});

describe('a fan-out over more than may be', () => {
  const ids = Array.from({ length: FAN_OUT_MAX + 1 }, (_, index) => index);
  const fanned = planStep('each', [], { forEach: { items: '/payload/ids' } });
  const accepted = (steps: readonly ReturnType<typeof planStep>[]) => {
    const accept = acceptPlan({ concurrencyMax: 2, steps: [...steps] });
    const intent = { ...accept.intent, payload: { ids }, payloadDigest: digestOf({ ids }) };
    return { ...accept, intent, decision: { ...accept.decision, inputDigest: intent.payloadDigest } };
  };

  it('is stuck and says why, also beside other steps', () => {
    for (const steps of [[fanned], [fanned, planStep('b')], [planStep('b'), fanned]]) {
      const history = History.of(accepted(steps));
      for (const { stepId } of history.state.steps) history.perform(done(stepId));
      expect(history.state).toMatchObject({ status: 'stuck', stuckReason: expect.stringContaining('use batchSize') });
    }
  });
});

describe('what people put over inputs', () => {
  const input = { from: { $from: '/payload/rate' }, kept: 1 };
  const plan = { concurrencyMax: 1, steps: [planStep('a'), planStep('b', ['a'], { input })] };
  const inputOfB = (history: History) => {
    history.perform(done('a'));
    const started = history.records.findLast((record) => record.type === 'step.started');
    expect(started?.data).toMatchObject({ stepId: 'b', inputDigest: inputDigestOf(history.state, 'b', 'forward') });
    return inputDigestOf(history.state, 'b', 'forward');
  };

  it('reaches the steps that start afterwards: parameters through the payload', () => {
    const history = History.of(acceptPlan(plan), signal('update_params', { params: { rate: 7 } }));
    expect(inputOfB(history)).toBe(digestOf({ from: 7, kept: 1 }));
  });

  it('reaches the one step that an override names, member by member', () => {
    const history = History.of(acceptPlan(plan), signal('inject_override', { stepId: 'b', override: { kept: 2 } }));
    expect(inputOfB(history)).toBe(digestOf({ kept: 2 }));
  });

  it.each([
    ['the input of its step', undefined, { kept: 2 }],
    ['an input of its own as it is', { id: 9 }, { id: 9 }],
  ])('gives an undo %s', (_what, own, expected) => {
    const compensation = { ...planStep('b').compensation, intent: 'content.undo', ...(own && { input: own }) };
    const undone = { ...plan, steps: [planStep('a'), planStep('b', ['a'], { input, compensation } as object)] };
    const history = History.of(acceptPlan(undone), signal('inject_override', { stepId: 'b', override: { kept: 2 } }));
    history.perform(done('a'));
    expect(inputDigestOf(history.state, 'b', 'undo')).toBe(digestOf(expected));
  });

  it('reaches every copy of a fan-out that an override names, until it has met its list', () => {
    const each = planStep('each', ['a'], {
      forEach: { items: '/payload/ids' },
      input: { id: { $from: '/item' }, n: 1 },
    });
    const accept = acceptPlan({ concurrencyMax: 1, steps: [planStep('a'), each] });
    const override = signal('inject_override', { stepId: 'each', override: { n: 2 } });
    const history = History.of({ ...accept, intent: { ...accept.intent, payload: { ids: [7, 8] } } }, override);
    for (const stepId of ['a', 'each.0', 'each.1']) history.perform(done(stepId));
    const started = history.records.filter((record) => record.type === 'step.started').slice(1);
    expect(started.map((record) => record.data)).toMatchObject([
      { stepId: 'each.0', inputDigest: digestOf({ id: 7, n: 2 }) },
      { stepId: 'each.1', inputDigest: digestOf({ id: 8, n: 2 }) },
    ]);
  });

  it('comes too late for a fan-out whose copies run', () => {
    const each = planStep('each', [], { forEach: { items: '/payload/ids' } });
    const accept = acceptPlan({ concurrencyMax: 1, steps: [each, planStep('b', ['each'])] });
    const history = History.of({ ...accept, intent: { ...accept.intent, payload: { ids: [7, 8] } } });
    const override = signal('inject_override', { stepId: 'each', override: { n: 2 } });
    expect(judgeSignal(history.state, override)?.code).toBe('step_started');
  });
});
