import type { ParticipantResult, StepError } from '@intendant/intent-model';
import { digestOf, type JsonObject, type JsonValue } from '@intendant/kernel';
import type { RecordDraft } from '@intendant/wal';
import { approvalTimers, awaitsApproval, endUnapproved, isStartApproval } from './approval.js';
import { isAwaitedChild } from './children.js';
import { type SignalCommand, type SignalType, textIn } from './commands.js';
import { judgeTransition } from './conductor.js';
import { NO_RESULT } from './fold-steps.js';
import { outputOf, retryIn } from './outcomes.js';
import { MAIN_STEP } from './plan-of.js';
import type { ExecutionState, StepState } from './state.js';

/** The decision, the signal and what it does, in one entry. The caller has judged it. */
export function applySignal(state: ExecutionState, signal: SignalCommand): readonly RecordDraft[] {
  const { signalId, signalType, decision, payloadDigest, reason, actor } = signal;
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
    data: { payload: appliedPayload(state, signal) as Record<string, never>, signalId, signalType },
  };
  return [decided, applied, ...takingUp(state, signal), ...effectOf(state, signal)];
}

/** What the record of a signal holds: by itself it says all that the signal did. */
function appliedPayload(state: ExecutionState, { signalType, payload }: SignalCommand): SignalCommand['payload'] {
  // with what came before it: that lies over the input of the step, too
  if (signalType === 'inject_override') return { ...payload, override: mergedOverride(state, payload) };
  // a handler takes null for a wait whose time is over: a signal that brings nothing is an empty object to it
  if (signalType === 'application' && (payload['payload'] ?? null) === null) return { ...payload, payload: {} };
  return payload;
}

/** What lies over the input of a step when a further override has come. */
export function mergedOverride(state: ExecutionState, payload: SignalCommand['payload']): JsonObject {
  return { ...state.overrides[textIn(payload, 'stepId')], ...(payload['override'] as JsonObject) };
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
  awaitsApproval(state) && isStartApproval(payload['waitId']);

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
  const by = { actor, cause: { draft: 1 } };
  // its wait was over when the handler was lost again: it is due as it stands
  if (step.inner && step.status === 'awaiting_retry') return calledAgain(state, by, nowMs);
  const asked = retryIn(0, 'asked for by a person', { stepId: step.stepId, direction, attempt, nowMs });
  if (step.inner && direction === 'forward')
    return [...asked.map((draft): RecordDraft => ({ ...draft, ...by })), ...calledAgain(state, by, nowMs)];
  return [{ ...(asked[0] as RecordDraft), ...by }];
}

/** A handler that ended for want of a step inside it goes on when that is known, or tried again. */
function calledAgain(state: ExecutionState, by: By, nowMs: number): readonly RecordDraft[] {
  const main = state.steps.get(MAIN_STEP);
  if (state.unwinding !== null || main?.status !== 'failed' || main.errorOutcome !== 'unknown') return [];
  const { stepId, attempt } = main;
  const [scheduled] = retryIn(0, 'what it waited for is known', { stepId, direction: 'forward', attempt, nowMs });
  return [{ ...(scheduled as RecordDraft), ...by }];
}

function skip(state: ExecutionState, { payload, actor }: SignalCommand, reason: string): readonly RecordDraft[] {
  const stepId = textIn(payload, 'stepId');
  const by = { actor, cause: { draft: 1 } };
  const data = { reason, reasonCode: 'operator' as const, stepId };
  if (state.unwinding !== null) return [{ type: 'compensation.skipped', ...by, data }];
  return [...withoutRetry(state, stepId, by), { type: 'step.skipped', ...by, data }];
}

const withoutRetry = (state: ExecutionState, stepId: string, by: By): readonly RecordDraft[] =>
  Object.keys(state.timers)
    .filter((timerId) => timerId.startsWith(`retry/${stepId}/`))
    .map((timerId) => ({ type: 'timer.cancelled', ...by, data: { timerId } }));

function resolve(state: ExecutionState, { payload, actor, reason, nowMs }: SignalCommand): readonly RecordDraft[] {
  const stepId = textIn(payload, 'stepId');
  const step = state.steps.get(stepId) as StepState;
  const succeeded = payload['outcome'] === 'succeeded';
  const result = (payload['result'] ?? NO_RESULT) as JsonValue & ParticipantResult;
  const value = payload['value'] ?? null;
  const by: By = { actor, cause: { draft: 1 } };
  const error: StepError = {
    code: 'resolved_as_failed',
    message: reason ?? 'a person found that it failed',
    retryable: false,
    details: null,
  };
  const resolved: RecordDraft = {
    type: 'step.resolved',
    ...by,
    data: {
      attempt: step.attempt,
      error: succeeded ? null : error,
      outcome: succeeded ? 'succeeded' : 'failed',
      outputDigest: succeeded ? digestOf(step.inner ? value : result) : null,
      stepId,
      ...(step.inner && succeeded ? { value: value as null } : {}),
    },
  };
  if (step.inner) return [...withoutRetry(state, stepId, by), resolved, ...calledAgain(state, by, nowMs)];
  if (!succeeded) return [resolved];
  const output = outputOf(state, { stepId, direction: 'forward' }, result, actor);
  const caused = { seq: state.lastSeq + 2 };
  return [resolved, ...output.map((draft): RecordDraft => ({ ...draft, cause: caused }))];
}
