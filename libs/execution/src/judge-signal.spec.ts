import { describe, expect, it } from '@jest/globals';
import type { SignalCommand, SignalType } from './commands.js';
import { judgeSignal } from './judge-signal.js';
import type { ExecutionStatus } from './state.js';
import {
  acceptCommand,
  acceptPlan,
  broke,
  chainOf,
  done,
  failed,
  fired,
  History,
  needingApproval,
  planStep,
  signal,
  undone,
} from './testing/index.js';

const retrying = { attemptsMax: 3, initialMs: 1_000, factor: 1, capMs: 1_000, nonRetryableCodes: [] };
const parking = { concurrencyMax: 1, steps: [planStep('a'), planStep('b', ['a'], { unknownOutcome: 'park' })] };

/** One saga of steps a and b in every status. Where b can have run it has: it is the step that signals name. */
const IN: Readonly<Record<Exclude<ExecutionStatus, 'none'>, () => History>> = {
  running: () => History.of(acceptPlan(chainOf('a', 'b')), done('a')),
  waiting: () =>
    History.of(
      acceptPlan({ concurrencyMax: 1, steps: [planStep('a'), planStep('b', ['a'], { retry: retrying })] }),
      done('a'),
      broke('b'),
    ),
  paused: () => History.of(acceptPlan(chainOf('a', 'b')), done('a'), signal('pause')),
  compensating: () => History.of(acceptPlan(chainOf('a', 'b')), done('a'), broke('b')),
  stuck: () => History.of(acceptPlan(parking), done('a'), broke('b', { outcome: 'unknown' })),
  completed: () => History.of(acceptPlan(chainOf('a', 'b')), done('a'), done('b')),
  failed: () => History.of(acceptPlan(chainOf('a', 'b'), { recovery: 'abort' }), done('a'), broke('b')),
  cancelled: () => History.of(acceptPlan(chainOf('a', 'b')), signal('emergency_stop')),
  compensated: () => History.of(acceptPlan(chainOf('a', 'b')), done('a'), broke('b'), undone('a')),
};

const PAYLOADS: Partial<Record<SignalType, SignalCommand['payload']>> = {
  retry_step: { stepId: 'b' },
  skip_step: { stepId: 'b' },
  resolve_step: { stepId: 'b', outcome: 'succeeded' },
  approve: { waitId: 'w' },
  deny: { waitId: 'w' },
  application: { name: 'paid' },
  update_params: { params: { n: 1 } },
  inject_override: { stepId: 'b', override: { n: 1 } },
  escalate_alert: { level: 'INFO' },
};

const COLUMNS = ['running', 'waiting', 'paused', 'compensating', 'stuck'] as const;
const na = 'signal_not_applicable';
const busy = 'step_not_terminal';

/** What each signal gets in each status an execution can leave: null when it is applied. Terminal ones get `run_terminal`. */
const TABLE: Readonly<Record<SignalType, readonly (string | null)[]>> = {
  //                running             waiting             paused              compensating        stuck
  pause: /*      */ [null, null, na, na, na],
  resume: /*     */ [na, na, null, na, na],
  cancel: /*     */ [null, null, null, na, null],
  compensate: /* */ [null, null, null, na, null],
  retry_step: /* */ [busy, busy, busy, na, null],
  skip_step: /*  */ [busy, null, busy, na, na],
  resolve_step: ['step_not_unknown', 'step_not_unknown', 'step_not_unknown', 'step_not_unknown', null],
  approve: ['approval_not_open', 'approval_not_open', 'approval_not_open', 'approval_not_open', 'approval_not_open'],
  deny: ['approval_not_open', 'approval_not_open', 'approval_not_open', 'approval_not_open', 'approval_not_open'],
  application: [na, na, na, na, na],
  update_params: ['step_started', 'step_started', 'step_started', na, 'step_started'],
  inject_override: ['step_started', 'step_started', 'step_started', 'step_started', 'step_started'],
  escalate_alert: [null, null, null, null, null],
  emergency_stop: [null, null, null, null, null],
  claim: [na, na, null, na, null],
};

const TYPES = Object.keys(TABLE) as SignalType[];
const sent = (type: SignalType) => signal(type, PAYLOADS[type] ?? {});

describe.each(TYPES)('%s', (type) => {
  it.each(COLUMNS)('of an execution that is %s', (status) => {
    const history = IN[status]();
    expect(history.state.status).toBe(status);
    const expected = TABLE[type][COLUMNS.indexOf(status)];
    expect(judgeSignal(history.state, sent(type))?.code ?? null).toBe(expected);
    if (expected !== null) return;
    const types = history.perform(sent(type));
    expect(types.slice(0, 2)).toEqual(['signal.decided', 'signal.applied']);
    expect(history.records.at(-types.length)?.actor).toBe('service:smart-city');
  });

  it.each(['completed', 'failed', 'cancelled', 'compensated'] as const)('of one that is %s', (status) => {
    const history = IN[status]();
    expect(history.state.status).toBe(status);
    const isAlert = type === 'escalate_alert';
    expect(judgeSignal(history.state, sent(type))?.code ?? null).toBe(isAlert ? null : 'run_terminal');
    if (!isAlert) return;
    expect(history.perform(sent(type))).toEqual(['signal.decided', 'signal.applied', 'alert.raised']);
    expect(history.state.status).toBe(status);
  });
});

describe('what a signal does', () => {
  const effectsOf = (history: History, type: SignalType, payload = PAYLOADS[type]) =>
    history.perform(signal(type, payload ?? {})).slice(2);

  it.each([
    ['pause', 'running', ['execution.paused']],
    ['resume', 'paused', ['execution.resumed']],
    ['cancel', 'running', ['execution.compensating']],
    ['cancel', 'paused', ['execution.compensating']],
    ['cancel', 'waiting', ['execution.compensating', 'compensation.started']],
    ['retry_step', 'stuck', ['execution.resumed', 'step.retry_scheduled', 'step.started']],
    ['skip_step', 'waiting', ['timer.cancelled', 'step.skipped', 'execution.completed']],
    ['resolve_step', 'stuck', ['execution.resumed', 'step.resolved', 'execution.completed']],
    ['emergency_stop', 'waiting', ['timer.cancelled', 'execution.cancelled']],
    ['emergency_stop', 'stuck', ['execution.cancelled']],
    ['claim', 'stuck', []],
    ['update_params', 'stuck', []],
  ] as const)('%s of one that is %s: %j', (type, status, types) => {
    expect(effectsOf(IN[status](), type)).toEqual(types);
  });

  it('skips what was found to have failed, or undoes what was before it', () => {
    const types = effectsOf(IN.stuck(), 'resolve_step', { stepId: 'b', outcome: 'failed' });
    expect(types).toEqual(['execution.resumed', 'step.resolved', 'execution.compensating', 'compensation.started']);
  });

  it('stops in an emergency with or without forceKill alike', () => {
    const stopped = (payload: SignalCommand['payload']) => effectsOf(IN.running(), 'emergency_stop', payload);
    expect(stopped({ forceKill: true })).toEqual(stopped({}));
  });

  it('leaves named in an emergency what has no outcome, an undo that runs included', () => {
    const history = IN.compensating();
    history.perform(signal('emergency_stop'));
    expect(history.records.at(-1)?.data).toMatchObject({ unresolved: ['a'] });
  });

  it('puts parameters and overrides over what has not started', () => {
    const history = History.of(acceptPlan(chainOf('a', 'b')));
    history.perform(signal('update_params', { params: { n: 2 } }));
    history.perform(signal('inject_override', { stepId: 'b', override: { m: 3 } }));
    expect(history.state).toMatchObject({ params: { n: 2 }, overrides: { b: { m: 3 } } });
  });

  it('puts one override over another, which stays where the new one says nothing, and records both', () => {
    const history = History.of(acceptPlan(chainOf('a', 'b')));
    const override = (over: object) => signal('inject_override', { stepId: 'b', override: over as never });
    history.perform(override({ name: 'x', m: 1 }));
    history.perform(override({ m: 2, other: true }));
    const whole = { name: 'x', m: 2, other: true };
    expect(history.state.overrides).toEqual({ b: whole });
    expect(history.records.at(-1)?.data).toMatchObject({ payload: { stepId: 'b', override: whole } });
    const late = { ...override({ m: 3 }), checkedOver: null };
    expect(judgeSignal(history.state, late)?.code).toBe('signal_not_applicable');
    expect(judgeSignal(history.state, { ...late, checkedOver: whole })).toBeNull();
  });

  it('leaves a handler the payload that its journal was made from', () => {
    const params = signal('update_params', { params: { n: 1 } });
    const approved = History.of(needingApproval(null, { durable: true }));
    expect(judgeSignal(approved.state, params)).toBeNull();
    const begun = History.of(acceptCommand({ durable: true }));
    expect(judgeSignal(begun.state, params)?.code).toBe('signal_not_applicable');
  });

  it('leaves out no only step, whose result is promised: nothing would be left of the intent', () => {
    const skipped = ({ state }: History) => judgeSignal(state, signal('skip_step', { stepId: 'main' }));
    const onlyStep = { code: 'signal_not_applicable', detail: expect.stringContaining('only step') };
    expect(skipped(History.of(acceptCommand({ retry: retrying }), failed(1)))).toMatchObject(onlyStep);
    expect(skipped(History.of(acceptCommand({ recovery: 'pause' }), failed(1, { retryable: false })))).toMatchObject(
      onlyStep,
    );
    expect(skipped(History.of(needingApproval()))).toMatchObject(onlyStep);
    expect(skipped(History.of(acceptCommand({ durable: true })))?.code).toBe('signal_not_applicable');
  });

  it('is refused for a step that the plan does not have', () => {
    for (const type of ['retry_step', 'skip_step', 'resolve_step', 'inject_override'] as const)
      expect(judgeSignal(IN.running().state, signal(type, { stepId: 'z' }))?.code).toBe('step_not_found');
  });

  it('turns nothing round after the point of no return', () => {
    const plan = { concurrencyMax: 1, steps: [planStep('a', [], { pivot: true }), planStep('b', ['a'])] };
    const history = History.of(acceptPlan(plan), done('a'));
    expect(judgeSignal(history.state, signal('cancel'))?.code).toBe('pivot_passed');
    expect(judgeSignal(history.state, signal('emergency_stop'))).toBeNull();
  });

  it('survives a timer that fires afterwards', () => {
    const history = IN.waiting();
    history.perform(signal('pause'));
    expect(history.perform({ ...fired(2), timerId: 'retry/b/2' })).toEqual(['timer.fired']);
    expect(effectsOf(history, 'resume')).toEqual(['execution.resumed', 'step.started']);
  });
});
