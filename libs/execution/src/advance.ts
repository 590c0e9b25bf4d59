import { FAN_OUT_MAX, type StepError } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import {
  type ForwardMove,
  planForward,
  planStepOf,
  planUnwinding,
  stepsToUndo,
  type UnwindingMove,
} from '@intendant/saga';
import type { RecordDraft } from '@intendant/wal';
import { advanceDurable } from './advance-durable.js';
import { awaitsApproval, endUnapproved, isOverdue } from './approval.js';
import type { At } from './at.js';
import { judgeTransition } from './conductor.js';
import { ledgerOf } from './ledger-of.js';
import { retryIn, standstillOf } from './outcomes.js';
import { inputDigestOf, itemsOf, planOf, stepKey } from './plan-of.js';
import { journalFault, recordsFault } from './record-bound.js';
import { type ExecutionState, isSettled, type StepState } from './state.js';
import { isGivenUp } from './undelivered.js';

const RUNTIME = 'runtime';

/** What follows from a state by itself: the next steps, the next undo, or the end. Nothing while it waits. */
export function advance(state: ExecutionState, at: At): readonly RecordDraft[] {
  if (isSettled(state.status) || state.status === 'none') return [];
  if (awaitsApproval(state)) {
    const message = 'nobody approved the intent in time';
    return isOverdue(state) ? [endUnapproved(state, 'approval_timed_out', message, caused(at))] : [];
  }
  const own = advanceDurable(state, at);
  if (own.length > 0) return own;
  if (state.unwinding !== null) {
    const attemptOf = (stepId: string): number => state.steps.get(stepId)?.undo?.attempt ?? 0;
    return planUnwinding(ledgerOf(state), attemptOf).flatMap((move) => recordUnwinding(state, move, at));
  }
  if (state.pausedBecause !== null) return [];
  const moves = planForward(ledgerOf(state));
  const fault =
    recordsFault(state.lastSeq) ?? (moves.some(isStart) ? journalFault(state.durable?.journal ?? []) : null);
  return fault === null
    ? untilStandstill(moves.flatMap((move) => recordForward(state, move, at)))
    : stopped(state, moves, fault, at);
}

const isStart = (move: ForwardMove): boolean => move.kind === 'start';

/** What stands still starts nothing beside it: the other moves are due again when it goes on. */
function untilStandstill(drafts: readonly RecordDraft[]): readonly RecordDraft[] {
  const stuck = drafts.find((draft) => draft.type === 'execution.stuck');
  return stuck === undefined ? drafts : [stuck];
}

/** Conductor's bounds: nothing new starts; when nothing is in flight any more a person must look. */
function stopped(state: ExecutionState, moves: readonly ForwardMove[], reason: string, at: At): readonly RecordDraft[] {
  const [move] = moves.filter((one) => one.kind === 'start' || one.kind === 'expand');
  if (move === undefined) return moves.flatMap((one) => recordForward(state, one, at));
  if (state.steps.deciding().some((step) => step.status === 'started')) return [];
  const stepId = move.kind === 'start' ? move.stepId : move.step.stepId;
  return [{ type: 'execution.stuck', ...caused(at), data: { reason, stepId } }];
}

const caused = (at: At) => ({ actor: RUNTIME, cause: { seq: at.causeSeq } });

function recordForward(state: ExecutionState, move: ForwardMove, at: At): readonly RecordDraft[] {
  switch (move.kind) {
    case 'start':
      return [start(state, move, at)];
    case 'expand': {
      const items = itemsOf(state, move.step);
      const data = { count: items?.length ?? 0, stepId: move.step.stepId };
      const obstacle =
        items === null
          ? `finds no list at ${move.step.forEach?.items}`
          : `would fan out into ${data.count} copies, ${FAN_OUT_MAX} are allowed: use batchSize`;
      if (items === null || data.count > FAN_OUT_MAX) {
        const reason = `${data.stepId} ${obstacle}`.slice(0, 512);
        return [{ type: 'execution.stuck', ...caused(at), data: { reason, stepId: data.stepId } }];
      }
      const expanded: RecordDraft = { type: 'step.expanded', ...caused(at), data };
      return data.count > 0 ? [expanded] : [expanded, ranOverNothing(data.stepId, at)];
    }
    case 'skip': {
      const data = { reason: `tag ${move.tag}`, reasonCode: 'skip_tag' as const, stepId: move.stepId };
      return [{ type: 'step.skipped', ...caused(at), data }];
    }
    case 'complete':
      return [
        ...cancelTimers(state, at),
        { type: 'execution.completed', ...caused(at), data: { resultDigest: resultDigestOf(state) } },
      ];
    case 'park':
      return [stuck(state, move.unknown.stepId, at)];
    case 'recover':
      return recover(state, move.failed.stepId, move.pivotPassed, at);
  }
}

/** A fan-out without a copy is a step all the same: it is in the ledger, and its result is the empty list. */
const ranOverNothing = (stepId: string, at: At): RecordDraft => ({
  type: 'step.skipped',
  ...caused(at),
  data: { reason: 'its list is empty', reasonCode: 'empty_list', stepId },
});

function start(state: ExecutionState, move: Extract<ForwardMove, { kind: 'start' }>, at: At): RecordDraft {
  const { stepId, step } = move;
  const tenantId = state.intent?.tenantId ?? '';
  return {
    type: 'step.started',
    ...caused(at),
    data: {
      attempt: (state.steps.get(stepId)?.attempt ?? 0) + 1,
      capability: step.capability,
      idempotencyKey: stepKey(tenantId, state.executionId, stepId, 'forward'),
      inputDigest: inputDigestOf(state, stepId, 'forward'),
      stepId,
    },
  };
}

/** One step's result has its digest already; several are digested together, in the order they were recorded. */
function resultDigestOf(state: ExecutionState): string {
  const [only] = state.steps.ofPlan();
  if (only?.outputDigest != null && state.steps.size === 1 && state.durable === null) return only.outputDigest;
  return digestOf({
    artifacts: state.artifacts.map((one) => one.artifact),
    events: state.events.map(({ data, eventType }) => ({ data, eventType })),
    stateChanges: state.stateChanges,
  });
}

function stuck(state: ExecutionState, stepId: string, at: At): RecordDraft {
  const step = state.steps.get(stepId) as StepState;
  const data = { reason: standstillOf(step, step.error).slice(0, 512), stepId };
  return { type: 'execution.stuck', ...caused(at), data };
}

/** A step failed for good: the strategy recorded with the acceptance says what becomes of the saga. */
function recover(state: ExecutionState, stepId: string, pivotPassed: boolean, at: At): readonly RecordDraft[] {
  const step = state.steps.get(stepId) as StepState;
  const error = step.error as StepError;
  if (isGivenUp(state)) {
    const reason = `nobody could be called to go on: ${error.message}`.slice(0, 512);
    return [{ type: 'execution.stuck', ...caused(at), data: { reason, stepId } }];
  }
  const failed = { type: 'execution.failed' as const, ...caused(at), data: { error, stepId } };
  const recovery = state.terms?.recovery ?? 'compensate';
  if (recovery === 'retry' && error.retryable) {
    const waitMs = planStepOf(planOf(state), stepId)?.step.retry.capMs ?? 60_000;
    const retry = retryIn(waitMs, 'recovery: retry', { stepId, direction: 'forward', attempt: step.attempt, ...at });
    return retry.map((draft) => ({ ...draft, ...caused(at) }));
  }
  if (recovery === 'pause') {
    const reason = `step ${stepId} failed with ${error.code}`;
    return [{ type: 'execution.paused', ...caused(at), data: { errorCode: error.code, reason, stepId } }];
  }
  if (recovery === 'abort' || (!pivotPassed && !hasToUndo(state))) return [...cancelTimers(state, at), failed];
  if (pivotPassed) {
    const reason = `step ${stepId} failed with ${error.code} after the point of no return`;
    return [{ type: 'execution.stuck', ...caused(at), data: { reason, stepId } }];
  }
  const { permit } = judgeTransition(state, 'compensating');
  const data = { error, permit, stepId, target: 'compensated' as const };
  return [{ type: 'execution.compensating', ...caused(at), data }];
}

/** Something succeeded, or is a child that still may, and declares what undoes it. */
const hasToUndo = (state: ExecutionState): boolean =>
  stepsToUndo(Object.values(ledgerOf(state).steps)).some((step) => step.compensable) ||
  (state.durable !== null && [...state.steps].some(isUndoable));

const isUndoable = ({ registered, status }: StepState): boolean =>
  registered !== null && (status === 'succeeded' || status === 'started');

function recordUnwinding(state: ExecutionState, move: UnwindingMove, at: At): readonly RecordDraft[] {
  switch (move.kind) {
    case 'start':
      return [start(state, move, at)];
    case 'undo':
      return [startUndo(state, move.stepId, at)];
    case 'skip_undo': {
      const reason = 'the step declares no compensation';
      const data = { reason, reasonCode: 'no_compensator' as const, stepId: move.stepId };
      return [{ type: 'compensation.skipped', ...caused(at), data }];
    }
    case 'park': {
      if (move.because === 'outcome_unknown') return [stuck(state, move.stepId, at)];
      const code = state.steps.get(move.stepId)?.undo?.error?.code ?? 'unknown';
      const reason = `the undo of ${move.stepId} failed for good with ${code}`;
      return [{ type: 'execution.stuck', ...caused(at), data: { reason, stepId: move.stepId } }];
    }
    case 'forward': {
      const data = { from: 'compensating' as const, reason: 'its point of no return has succeeded' };
      return [{ type: 'execution.resumed', ...caused(at), data }];
    }
    case 'finish':
      return [...cancelTimers(state, at), end(state, at)];
  }
}

function startUndo(state: ExecutionState, stepId: string, at: At): RecordDraft {
  const step = state.steps.get(stepId) as StepState;
  const planned =
    step.registered ?? ledgerOf(state).plan.steps.find((one) => isCopyOf(stepId, one.stepId))?.compensation;
  const tenantId = state.intent?.tenantId ?? '';
  return {
    type: 'compensation.started',
    ...caused(at),
    data: {
      attempt: (step.undo?.attempt ?? 0) + 1,
      capability: planned?.capability ?? step.capability,
      idempotencyKey: stepKey(tenantId, state.executionId, stepId, 'undo'),
      inputDigest: inputDigestOf(state, stepId, 'undo'),
      stepId,
    },
  };
}

const isCopyOf = (stepId: string, planStepId: string): boolean =>
  stepId === planStepId || stepId.startsWith(`${planStepId}.`);

/** Retries that were planned and will not run. */
function cancelTimers(state: ExecutionState, at: At): readonly RecordDraft[] {
  return Object.keys(state.timers).map((timerId) => ({
    type: 'timer.cancelled' as const,
    ...caused(at),
    data: { timerId },
  }));
}

function end(state: ExecutionState, at: At): RecordDraft {
  const { target, error, stepId } = state.unwinding as NonNullable<ExecutionState['unwinding']>;
  if (target === 'compensated') return { type: 'execution.compensated', ...caused(at), data: { error, stepId } };
  const reason = state.unwinding?.error?.message ?? 'cancelled';
  return { type: 'execution.cancelled', ...caused(at), data: { reason, unresolved: [] } };
}
