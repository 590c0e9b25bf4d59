import { type ForwardMove, isUnderWay, pivotPassed, redeliveriesDue } from './forward.js';
import { type LedgerStep, type SagaLedger, undoTimerOf } from './ledger.js';

/** What is due while a saga unwinds. */
export type UnwindingMove =
  | Extract<ForwardMove, { kind: 'start' }>
  | { readonly kind: 'undo'; readonly stepId: string }
  /** The step declares nothing that undoes it. */
  | { readonly kind: 'skip_undo'; readonly stepId: string }
  | { readonly kind: 'finish' }
  /** Its point of no return succeeded after it had turned round: it goes forward again. */
  | { readonly kind: 'forward' }
  /** An undo is exhausted, or an outcome stays unknown: a person must act. */
  | { readonly kind: 'park'; readonly stepId: string; readonly because: 'undo_failed' | 'outcome_unknown' };

/**
 * The next move, or none while something is in flight. First every started step reaches a definite outcome; then the
 * steps that succeeded, and failed ones that declare `compensateSelfOnFailure`, are undone one at a time in strict
 * reverse order of their ends. A point of no return that succeeded meanwhile leaves nothing to undo behind it.
 */
export function planUnwinding(ledger: SagaLedger, undoAttemptOf: (stepId: string) => number): readonly UnwindingMove[] {
  const steps = Object.values(ledger.steps);
  const isHandlerLost = steps.some((step) => !step.inner && isAwaitedOutcome(step));
  // steps inside a handler that was lost end with its next call
  if (steps.some((step) => (isUnderWay(step) && !(step.inner && isHandlerLost)) || step.undo === 'started')) return [];
  const parked = steps.find((step) => step.status === 'failed' && step.errorOutcome === 'unknown');
  if (parked !== undefined) return [{ kind: 'park', stepId: parked.stepId, because: 'outcome_unknown' }];
  if (steps.some(isAwaitedOutcome))
    return redeliveriesDue(ledger) as readonly Extract<ForwardMove, { kind: 'start' }>[];
  // histories that undid something behind it come to the end that they began
  if (pivotPassed(ledger) && steps.every((step) => step.undo === 'none')) return [{ kind: 'forward' }];
  const next = stepsToUndo(steps).find((step) => step.undo !== 'succeeded' && step.undo !== 'skipped');
  if (next === undefined) return [{ kind: 'finish' }];
  return undoMove(ledger, next, undoAttemptOf(next.stepId));
}

/** An attempt of unknown outcome that is tried again. */
const isAwaitedOutcome = (step: LedgerStep): boolean =>
  step.status === 'awaiting_retry' && step.errorOutcome === 'unknown';

/** Everything an unwinding answers for, the last that ended first. */
export const stepsToUndo = (steps: readonly LedgerStep[]): readonly LedgerStep[] =>
  steps
    .filter((step) => step.status === 'succeeded' || (step.compensateSelfOnFailure && hasFailed(step)))
    .toSorted((a, b) => (b.endedSeq ?? 0) - (a.endedSeq ?? 0));

/** A retry that was planned when the saga turned round does not run any more: its last attempt stands. */
const hasFailed = (step: LedgerStep): boolean =>
  (step.status === 'failed' || step.status === 'awaiting_retry') && step.errorOutcome === 'definite';

function undoMove(ledger: SagaLedger, step: LedgerStep, undoAttempt: number): readonly UnwindingMove[] {
  const { stepId } = step;
  if (!step.compensable) return [{ kind: 'skip_undo', stepId }];
  switch (step.undo) {
    case 'none':
      return [{ kind: 'undo', stepId }];
    case 'awaiting_retry':
      return ledger.isTimerSet(undoTimerOf(stepId, undoAttempt + 1)) ? [] : [{ kind: 'undo', stepId }];
    case 'failed':
      return [{ kind: 'park', stepId, because: 'undo_failed' }];
    default:
      return [];
  }
}
