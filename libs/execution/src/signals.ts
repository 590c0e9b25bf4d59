import type { ErrorCode, ParticipantResult, StepError } from '@intendant/intent-model';
import { digestOf, type JsonValue } from '@intendant/kernel';
import type { RecordDraft } from '@intendant/wal';
import { approvalTimers, awaitsApproval, endUnapproved, START_APPROVAL } from './approval.js';
import { isAwaitedChild } from './children.js';
import type { SignalCommand, SignalType } from './commands.js';
import { judgeTransition } from './conductor.js';
import { NO_RESULT } from './fold-steps.js';
import { ledgerOf } from './ledger-of.js';
import { outputOf, retryIn } from './outcomes.js';
import { planOf } from './plan-of.js';
import { type ExecutionState, isTerminal, type StepState } from './state.js';

/** Why a signal may not be applied now. */
export interface SignalRefusal {
  readonly code: ErrorCode;
  readonly detail: string;
}

const refuse = (code: ErrorCode, detail: string): SignalRefusal => ({ code, detail });

/** A member that the door has checked to be text. */
function textIn(payload: SignalCommand['payload'], name: string): string {
  const value = payload[name];
  return typeof value === 'string' ? value : '';
}

type Judge = (state: ExecutionState, signal: SignalCommand) => SignalRefusal | null;

/** Whether the state allows what policy allowed; null when it does. Pure, so that replay and live agree. */
export function judgeSignal(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  if (state.status === 'none') return refuse('not_found', 'no such execution');
  if (isTerminal(state.status) && signal.signalType !== 'escalate_alert')
    return refuse('run_terminal', `the execution is ${state.status}`);
  return JUDGES[signal.signalType](state, signal);
}

const always: Judge = () => null;
const notUnwinding: Judge = (state) =>
  state.unwinding === null ? null : refuse('signal_not_applicable', 'the saga unwinds already');

const mayTurnRound: Judge = (state) => {
  const verdict = judgeTransition(state, 'compensating');
  if (verdict.permitted) return null;
  if (verdict.rule === 'unwinding') return refuse('signal_not_applicable', 'the saga unwinds already');
  return refuse('pivot_passed', 'the saga is past its point of no return');
};

const JUDGES: Readonly<Record<SignalType, Judge>> = {
  pause: (state) =>
    state.status === 'running' || state.status === 'waiting'
      ? null
      : refuse('signal_not_applicable', `an execution that is ${state.status} cannot be paused`),
  resume: (state) =>
    state.status === 'paused' ? null : refuse('signal_not_applicable', `the execution is ${state.status}, not paused`),
  cancel: mayTurnRound,
  compensate: mayTurnRound,
  retry_step: judgeRetryStep,
  skip_step: judgeSkipStep,
  resolve_step: judgeResolveStep,
  approve: judgeAnswer,
  deny: judgeAnswer,
  application: (state) =>
    state.durable === null ? refuse('signal_not_applicable', 'nothing in this execution listens to signals') : null,
  update_params: notUnwinding,
  inject_override: judgeOverride,
  escalate_alert: always,
  emergency_stop: always,
  claim: (state) =>
    state.status === 'stuck' || state.status === 'paused'
      ? null
      : refuse('signal_not_applicable', `an execution that is ${state.status} needs nobody`),
};

function stepNamed(state: ExecutionState, { payload }: SignalCommand): StepState | SignalRefusal | undefined {
  const stepId = textIn(payload, 'stepId');
  const known = state.steps.get(stepId);
  if (known !== undefined) return known;
  return planOf(state).steps.some((step) => step.stepId === stepId)
    ? undefined
    : refuse('step_not_found', `this execution has no step ${stepId}`);
}

const isRefusal = (found: StepState | SignalRefusal | undefined): found is SignalRefusal =>
  found !== undefined && 'detail' in found;

function judgeRetryStep(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const step = stepNamed(state, signal);
  if (isRefusal(step)) return step;
  if (step === undefined) return refuse('step_not_terminal', 'the step has not run yet');
  if (state.status === 'stuck' && isAwaitedChild(state, step.stepId)) return null;
  if (state.unwinding !== null && step.undo !== null)
    return step.undo.status === 'failed' ? null : refuse('step_not_terminal', `its undo is ${step.undo.status}`);
  if (step.status === 'failed')
    return state.unwinding === null || isOpenQuestion(state, step)
      ? null
      : refuse('signal_not_applicable', 'the saga unwinds: what has failed is not tried again');
  if (step.status === 'succeeded' || step.status === 'skipped')
    return refuse('step_terminal', `the step has ${step.status === 'skipped' ? 'been skipped' : 'succeeded'}`);
  return refuse('step_not_terminal', `the step is ${step.status}`);
}

function judgeSkipStep(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const step = stepNamed(state, signal);
  if (isRefusal(step)) return step;
  if (state.durable !== null) return refuse('signal_not_applicable', 'the handler of this saga decides its own steps');
  if (state.unwinding !== null)
    return step?.undo?.status === 'failed'
      ? null
      : refuse('signal_not_applicable', 'only a failed undo can be skipped');
  if (step === undefined) return null;
  // to leave out what may have happened would be a guess
  if (isOpenQuestion(state, step) || (step.status === 'awaiting_retry' && step.errorOutcome === 'unknown'))
    return refuse('signal_not_applicable', 'nobody knows whether the step has happened: resolve_step says so');
  if (step.status === 'awaiting_retry' || step.status === 'failed') return null;
  if (step.status === 'started' || step.status === 'suspended')
    return refuse('step_not_terminal', `the step is ${step.status}`);
  return refuse('step_terminal', `the step has ${step.status === 'skipped' ? 'been skipped' : 'succeeded'}`);
}

/** Its outcome is unknown, and something depends on it: what has no side effects counts as failed. */
const isOpenQuestion = (state: ExecutionState, { stepId }: StepState): boolean => {
  const step = ledgerOf(state).steps[stepId];
  return step?.status === 'failed' && step.errorOutcome === 'unknown';
};

function judgeResolveStep(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const step = stepNamed(state, signal);
  if (isRefusal(step)) return step;
  if (step !== undefined && isOpenQuestion(state, step)) return null;
  return refuse('step_not_unknown', 'only a step whose outcome is unknown can be resolved');
}

function judgeOverride(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const step = stepNamed(state, signal);
  if (isRefusal(step)) return step;
  if (state.durable !== null) return refuse('signal_not_applicable', 'the handler of this saga decides its own inputs');
  return step === undefined ? null : refuse('step_started', 'the step has started');
}

function judgeAnswer(state: ExecutionState, { payload, actor }: SignalCommand): SignalRefusal | null {
  const waitId = textIn(payload, 'waitId');
  if (awaitsApproval(state) && waitId === START_APPROVAL)
    return actor === `user:${state.intent?.userId}`
      ? refuse('approval_of_own_intent', 'somebody else must approve or deny what you submitted')
      : null;
  const open = state.durable?.waits.some((wait) => wait.approval && wait.waitId === waitId) ?? false;
  return open ? null : refuse('approval_not_open', `no approval ${waitId} is awaited`);
}

/** The decision, the signal and what it does, in one entry. The caller has judged it. */
export function applySignal(state: ExecutionState, signal: SignalCommand): readonly RecordDraft[] {
  const { signalId, signalType, decision, payload, payloadDigest, reason, actor } = signal;
  const decided: RecordDraft = {
    type: 'signal.decided',
    actor: 'service:smart-city',
    cause: { seq: state.lastSeq },
    data: {
      decisionId: decision.decisionId,
      effect: 'allow',
      payloadDigest,
      policyRevision: decision.policyRevision,
      reason,
      role: decision.role,
      signalId,
      signalType,
    },
  };
  const applied: RecordDraft = {
    type: 'signal.applied',
    actor,
    cause: { draft: 0 },
    data: { payload: payload as Record<string, never>, signalId, signalType },
  };
  return [decided, applied, ...takingUp(state, signal), ...effectOf(state, signal)];
}

/** These move a stuck execution; the others only say something about it. */
const MOVING: ReadonlySet<SignalType> = new Set(['retry_step', 'skip_step', 'resolve_step', 'cancel', 'compensate']);

function takingUp(state: ExecutionState, { signalType, actor }: SignalCommand): readonly RecordDraft[] {
  if (state.status !== 'stuck' || !MOVING.has(signalType)) return [];
  const data = { from: 'stuck' as const, reason: signalType };
  return [{ type: 'execution.resumed', actor, cause: { draft: 1 }, data }];
}

function effectOf(state: ExecutionState, signal: SignalCommand): readonly RecordDraft[] {
  const by = { actor: signal.actor, cause: { draft: 1 } } as const;
  const reason = signal.reason ?? signal.signalType;
  switch (signal.signalType) {
    case 'pause':
      return [{ type: 'execution.paused', ...by, data: { reason } }];
    case 'resume':
      return [{ type: 'execution.resumed', ...by, data: { from: 'paused', reason } }];
    case 'cancel':
      return [turnRound(state, 'cancelled', reason, by)];
    case 'compensate':
      return [turnRound(state, 'compensated', reason, by)];
    case 'retry_step':
      return retryNow(state, signal);
    case 'skip_step':
      return skip(state, signal, reason);
    case 'resolve_step':
      return resolve(state, signal);
    case 'escalate_alert': {
      const level = signal.payload['level'] as 'INFO' | 'WARNING' | 'CRITICAL' | 'P1';
      return [{ type: 'alert.raised', ...by, data: { level, note: (signal.payload['note'] as string) ?? null } }];
    }
    case 'emergency_stop': {
      const unresolved = [...state.steps].filter((step) => isAtWork(step) || isParked(step));
      const data = { reason, unresolved: unresolved.map((step) => step.stepId) };
      const timers = Object.keys(state.timers).map(
        (timerId): RecordDraft => ({ type: 'timer.cancelled', ...by, data: { timerId } }),
      );
      return [...timers, { type: 'execution.cancelled', ...by, data }];
    }
    case 'deny':
      if (answersStart(state, signal)) {
        const message = textIn(signal.payload, 'note') || 'the intent was not approved';
        return [endUnapproved(state, 'approval_denied', message, by)];
      }
      return answeredTimers(state, signal, by);
    default:
      return answeredTimers(state, signal, by);
  }
}

const answersStart = (state: ExecutionState, { payload }: SignalCommand): boolean =>
  awaitsApproval(state) && payload['waitId'] === START_APPROVAL;

const answeredTimers = (state: ExecutionState, signal: SignalCommand, by: By): readonly RecordDraft[] =>
  (signal.signalType === 'approve' && answersStart(state, signal)
    ? approvalTimers(state)
    : answeredWait(state, signal)
  ).map((timerId) => ({ type: 'timer.cancelled', ...by, data: { timerId } }));

/** The timer of the wait that this signal ends, if it has one. */
function answeredWait(state: ExecutionState, { signalType, payload }: SignalCommand): readonly string[] {
  const answers = signalType === 'approve' || signalType === 'deny';
  const wait = state.durable?.waits.find((one) =>
    answers ? one.approval && one.waitId === payload['waitId'] : !one.approval && one.name === payload['name'],
  );
  const timerId = `wait/${wait?.waitId}`;
  return Object.hasOwn(state.timers, timerId) && (answers || signalType === 'application') ? [timerId] : [];
}

const isAtWork = (step: StepState): boolean => step.status === 'started' || step.undo?.status === 'started';

const isParked = (step: StepState): boolean => step.status === 'failed' && step.errorOutcome === 'unknown';

type By = { readonly actor: string; readonly cause: { readonly draft: number } };

function turnRound(state: ExecutionState, target: 'compensated' | 'cancelled', reason: string, by: By): RecordDraft {
  const { permit } = judgeTransition(state, 'compensating');
  const code = target === 'cancelled' ? 'cancelled' : 'compensation_requested';
  const error: StepError = { code, message: reason, retryable: false, details: null };
  return { type: 'execution.compensating', ...by, data: { error, permit, stepId: null, target } };
}

/** A new attempt at once, whatever the retry policy says. */
function retryNow(state: ExecutionState, { payload, actor, nowMs }: SignalCommand): readonly RecordDraft[] {
  // a child has attempts of its own: the parent that was stuck for want of it looks at it again
  if (isAwaitedChild(state, textIn(payload, 'stepId'))) return [];
  const step = state.steps.get(textIn(payload, 'stepId')) as StepState;
  const direction = state.unwinding !== null && step.undo !== null ? 'undo' : 'forward';
  const attempt = direction === 'undo' ? (step.undo?.attempt ?? 0) : step.attempt;
  const [scheduled] = retryIn(0, 'asked for by a person', { stepId: step.stepId, direction, attempt, nowMs });
  return [{ ...(scheduled as RecordDraft), actor, cause: { draft: 1 } }];
}

function skip(state: ExecutionState, { payload, actor }: SignalCommand, reason: string): readonly RecordDraft[] {
  const stepId = textIn(payload, 'stepId');
  const by = { actor, cause: { draft: 1 } };
  const data = { reason, reasonCode: 'operator' as const, stepId };
  if (state.unwinding !== null) return [{ type: 'compensation.skipped', ...by, data }];
  const timers = Object.keys(state.timers).filter((timerId) => timerId.startsWith(`retry/${stepId}/`));
  return [
    ...timers.map((timerId): RecordDraft => ({ type: 'timer.cancelled', ...by, data: { timerId } })),
    { type: 'step.skipped', ...by, data },
  ];
}

function resolve(state: ExecutionState, { payload, actor, reason }: SignalCommand): readonly RecordDraft[] {
  const stepId = textIn(payload, 'stepId');
  const step = state.steps.get(stepId) as StepState;
  const succeeded = payload['outcome'] === 'succeeded';
  const result = (payload['result'] ?? NO_RESULT) as JsonValue & ParticipantResult;
  const error: StepError = {
    code: 'resolved_as_failed',
    message: reason ?? 'a person found that it failed',
    retryable: false,
    details: null,
  };
  const resolved: RecordDraft = {
    type: 'step.resolved',
    actor,
    cause: { draft: 1 },
    data: {
      attempt: step.attempt,
      error: succeeded ? null : error,
      outcome: succeeded ? 'succeeded' : 'failed',
      outputDigest: succeeded ? digestOf(result) : null,
      stepId,
    },
  };
  if (!succeeded) return [resolved];
  const output = outputOf(state, { stepId, direction: 'forward' }, result, actor);
  const caused = { seq: state.lastSeq + 2 };
  return [resolved, ...output.map((draft): RecordDraft => ({ ...draft, cause: caused }))];
}
