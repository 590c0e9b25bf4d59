import { type ExecutionState, isTerminal, type StepState } from '@intendant/execution';
import type { StepStatus, UndoStatus } from '@intendant/saga';

const IN_FLIGHT: ReadonlySet<string> = new Set(['started', 'suspended', 'awaiting_retry']);

interface Attempted<S> {
  readonly status: S;
  readonly errorOutcome: StepState['errorOutcome'];
}

/**
 * What was in flight when its execution ended is in flight no more: nobody hears of its outcome. Of an attempt that is
 * known to have failed there is nothing to hear: the retry that was planned is not made.
 */
export function shownStatus<S extends StepStatus | UndoStatus>(
  execution: ExecutionState,
  { status, errorOutcome }: Attempted<S>,
): S | 'failed' | 'abandoned' {
  if (!isTerminal(execution.status) || !IN_FLIGHT.has(status)) return status;
  return status === 'awaiting_retry' && errorOutcome === 'definite' ? 'failed' : 'abandoned';
}

/** Why it needs a person; it does no more once a person ended it. */
export const shownStuckReason = ({ status, stuckReason }: ExecutionState): string | null =>
  isTerminal(status) ? null : stuckReason;
