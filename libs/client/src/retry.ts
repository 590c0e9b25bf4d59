import { ConnectionFailed, ProblemError } from './failures.js';

/**
 * When a call may be sent again: `always` (the server takes a repetition for the same call), `unsent` (only when the
 * first cannot have been carried out), `never` (its body cannot be read twice).
 */
export type Repetition = 'always' | 'unsent' | 'never';

export interface RetryLimits {
  /** No new attempt starts later than this after the first. */
  readonly deadlineMs: number;
  /** Upper bound of the first wait; each further one is twice the bound before it. */
  readonly firstWaitMs: number;
  readonly waitMsMax: number;
}

export const usualRetryLimits: RetryLimits = { deadlineMs: 30_000, firstWaitMs: 100, waitMsMax: 5_000 };

/** How long to wait before attempt `attempt` + 1, or null when the failure is final. */
export function waitBeforeRetry(
  failure: unknown,
  attempt: number,
  repetition: Repetition,
  limits: RetryLimits,
  randomFraction: number,
): number | null {
  if (!mayRepeat(failure, repetition)) return null;
  const bound = Math.min(limits.waitMsMax, limits.firstWaitMs * 2 ** (attempt - 1));
  const wait = bound / 2 + (bound / 2) * randomFraction;
  const asked = failure instanceof ProblemError ? (failure.retryAfterMs ?? 0) : 0;
  return Math.max(wait, asked);
}

function mayRepeat(failure: unknown, repetition: Repetition): boolean {
  if (repetition === 'never') return false;
  if (failure instanceof ConnectionFailed) return repetition === 'always' || failure.nothingSent;
  if (!(failure instanceof ProblemError)) return false;
  if (failure.status === 429) return failure.retryAfterMs !== undefined;
  if (failure.status !== 503) return false;
  return failure.retry === 'later' || (failure.retry === 'same_key' && repetition === 'always');
}
