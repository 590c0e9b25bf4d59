import { awaitsService, callTermsOf, type ExecutionState, effects } from '@intendant/execution';
import { judgeSilence, type Pulse } from '@intendant/saga';
import type { LiveExecution } from './live-execution.js';

/** An execution as Nurse looks at it; of its children those `unstarted` could not be started yet. */
export function pulseOf(state: ExecutionState, lastRecordMs: number, unstarted?: ReadonlySet<string>): Pulse {
  let callMsMax = 0;
  let timerDueMs: number | null = null;
  for (const effect of effects(state)) {
    if (effect.kind === 'call') {
      callMsMax = Math.max(callMsMax, callTermsOf(state, effect.step, effect.direction).timeoutMs);
    } else if (effect.kind === 'child') {
      // a child is heard for itself; one that does not exist has been due since it was asked for
      if (unstarted?.has(effect.childId) !== true) callMsMax = Number.POSITIVE_INFINITY;
      else timerDueMs = Math.min(timerDueMs ?? Number.POSITIVE_INFINITY, lastRecordMs);
    } else {
      timerDueMs = Math.min(timerDueMs ?? Number.POSITIVE_INFINITY, Date.parse(effect.dueAt));
    }
  }
  const steps = state.steps.deciding();
  const retrying = steps.some((step) => step.status === 'awaiting_retry' || step.undo?.status === 'awaiting_retry');
  const needsPerson = awaitsService(state) || isPausedByRecovery(state);
  return { status: statusOf(state), lastRecordMs, callMsMax, timerDueMs, retrying, needsPerson };
}

/** A step failed for good, and its saga waits for a person to say what becomes of it; nobody asked for the pause. */
const isPausedByRecovery = ({ status, steps, terms }: ExecutionState): boolean =>
  status === 'paused' &&
  terms?.recovery === 'pause' &&
  [...steps].some((step) => step.status === 'failed' && !step.inner);

/** Executions that said nothing for longer than `boundMs` although they should have. */
export function silentAmong(lives: Iterable<LiveExecution>, nowMs: number, boundMs: number): readonly string[] {
  return [...lives]
    .filter((live) => nowMs - live.lastRecordMs > boundMs)
    .filter((live) => judgeSilence(pulseOf(live.state, live.lastRecordMs, live.unstarted), nowMs, boundMs) !== null)
    .map((live) => live.state.executionId);
}

function statusOf({ status }: ExecutionState): Pulse['status'] {
  switch (status) {
    case 'running':
    case 'waiting':
    case 'compensating':
    case 'paused':
    case 'stuck':
      return status;
    default:
      return 'settled';
  }
}
