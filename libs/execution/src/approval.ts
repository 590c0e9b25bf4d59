import type { PolicyDecision, StepError } from '@intendant/intent-model';
import type { RecordDraft } from '@intendant/wal';
import { judgeTransition } from './conductor.js';
import { type ExecutionState, isSettled } from './state.js';

/** The approval that an execution needs before its first step. */
const START = 'start';

const TIMER = `approval/${START}`;

/**
 * Names that approval in signals. Every change of the payload asks for it anew, under another name: an answer is about the
 * payload that its sender could see.
 */
export const startApprovalOf = ({ changedBy }: ExecutionState): string =>
  changedBy.length === 0 ? START : `${START}.${changedBy.length + 1}`;

/** Whether a wait is that approval, of the payload as it is or as it was. */
export const isStartApproval = (waitId: unknown): boolean =>
  typeof waitId === 'string' && (waitId === START || waitId.startsWith(`${START}.`));

/** Whether nothing starts because somebody must approve it first. */
export const awaitsApproval = ({ approval, status, unwinding }: ExecutionState): boolean =>
  approval === 'awaited' && unwinding === null && !isSettled(status);

/** What was answered needs no timer any more. */
export const approvalTimers = (state: ExecutionState): readonly string[] =>
  Object.hasOwn(state.timers, TIMER) ? [TIMER] : [];

export function approvalTimer(decision: PolicyDecision, acceptedAt: string): readonly RecordDraft[] {
  const seconds = decision.obligations?.approval?.timeoutSeconds ?? null;
  if (decision.effect !== 'require_approval' || seconds === null) return [];
  const dueAt = new Date(Date.parse(acceptedAt) + seconds * 1_000).toISOString();
  return [{ type: 'timer.set', actor: 'runtime', cause: { draft: 4 }, data: { dueAt, timerId: TIMER } }];
}

/** Its time is over: the timer that was set with the acceptance is gone, and nobody has answered. */
export const isOverdue = (state: ExecutionState): boolean =>
  awaitsApproval(state) &&
  state.decision?.obligations?.approval?.timeoutSeconds != null &&
  approvalTimers(state).length === 0;

/** It ends without having started. */
export function endUnapproved(
  state: ExecutionState,
  code: 'approval_denied' | 'approval_timed_out',
  message: string,
  by: Pick<RecordDraft, 'actor' | 'cause'>,
): RecordDraft {
  const error: StepError = { code, message, retryable: false, details: null };
  const { permit } = judgeTransition(state, 'compensating');
  return { type: 'execution.compensating', ...by, data: { error, permit, stepId: null, target: 'cancelled' } };
}
