import type { StepError } from '@intendant/intent-model';
import { judgeRetry } from '@intendant/saga';
import { MAIN_STEP } from './plan-of.js';
import type { ExecutionState } from './state.js';

/** Nobody was there to be called, or who was there does not serve the version. */
export const NOT_DELIVERED: ReadonlySet<string> = new Set(['participant_unreachable', 'capability_unavailable']);

/**
 * How patiently a handler that cannot be called again is tried: about as long again as it was away, half an hour at most,
 * and for a day in all. Then a person is to say what becomes of it.
 */
const PATIENCE = { attemptsMax: 60, capMs: 1_800_000, factor: 2, initialMs: 1_000, nonRetryableCodes: [] };

/**
 * A handler that has begun could not be called again: its saga is pinned to a version that nobody serves at the moment. It
 * was not tried, so no attempt of it is used up, and nothing that it did is undone for it.
 */
export const isUndelivered = (
  { durable, unwinding }: ExecutionState,
  {
    stepId,
    outcome,
    error,
  }: { readonly stepId: string; readonly outcome: 'definite' | 'unknown'; readonly error: StepError },
): boolean =>
  durable !== null &&
  unwinding === null &&
  stepId === MAIN_STEP &&
  durable.journal.length > 0 &&
  outcome === 'definite' &&
  error.retryable &&
  NOT_DELIVERED.has(error.code);

/** How long it waits before it is tried again; null when it was tried often enough. */
export function waitUntilServedMs({ durable, terms }: ExecutionState, error: StepError): number | null {
  const verdict = judgeRetry(PATIENCE, 1 + (durable?.undelivered ?? 0), error, `${terms?.jitterSeed}/undelivered`);
  return verdict.permitted ? verdict.waitMs : null;
}

/** Nobody was found in all that time. */
export const isGivenUp = ({ durable, steps }: ExecutionState): boolean =>
  durable !== null && durable.undelivered > 0 && steps.get(MAIN_STEP)?.status === 'failed';

/** Its handler is to go on, and could not be called the last time. */
export const awaitsService = ({ durable, steps, unwinding }: ExecutionState): boolean => {
  const status = steps.get(MAIN_STEP)?.status;
  const isDue = status === 'awaiting_retry' || status === 'started';
  return isDue && durable !== null && durable.undelivered > 0 && unwinding === null;
};
