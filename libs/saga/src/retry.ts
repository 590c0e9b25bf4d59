import { createHash } from 'node:crypto';
import type { RetryPolicy, StepError } from '@intendant/intent-model';

/** Nurse's verdict on a failed attempt, recorded with the failure. */
export type RetryVerdict =
  | { readonly permitted: true; readonly waitMs: number; readonly reason: string }
  | { readonly permitted: false; readonly reason: string };

/**
 * May attempt `attempt` be followed by another, and after how long? Waits are `min(capMs, initialMs · factor^(attempt−1))`
 * scaled into [½, 1) by a jitter that the recorded seed fixes, so that a replay sees the same wait.
 */
export function judgeRetry(policy: RetryPolicy, attempt: number, error: StepError, seed: string): RetryVerdict {
  if (!error.retryable) return { permitted: false, reason: `${error.code} is final` };
  if (policy.nonRetryableCodes.includes(error.code))
    return { permitted: false, reason: `${error.code} is declared final` };
  if (attempt >= policy.attemptsMax) return { permitted: false, reason: `all ${policy.attemptsMax} attempts are used` };
  const fullMs = Math.min(policy.capMs, policy.initialMs * policy.factor ** (attempt - 1));
  return {
    permitted: true,
    waitMs: Math.max(1, Math.round(fullMs * (0.5 + jitter(seed, attempt) / 2))),
    reason: `attempt ${attempt} of ${policy.attemptsMax} failed with ${error.code}`,
  };
}

/** A number in [0, 1) that seed and attempt determine. */
function jitter(seed: string, attempt: number): number {
  return createHash('sha256').update(`${seed}/${attempt}`).digest().readUInt32BE(0) / 0x1_0000_0000;
}
