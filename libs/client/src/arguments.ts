import { IdempotencyKey } from '@intendant/intent-model';
import { InvalidArgument } from './failures.js';
import type { RetryLimits } from './retry.js';

/** Longest `Prefer: wait` the server takes. */
export const WAIT_S_MAX = 60;

export function checkedWaitS(waitS: number): number {
  if (Number.isInteger(waitS) && waitS >= 0 && waitS <= WAIT_S_MAX) return waitS;
  throw new InvalidArgument(`waitS must be a whole number from 0 to ${WAIT_S_MAX}, not ${waitS}`);
}

/** A time; `Infinity` is one that is never over. */
export function checkedTime(name: string, timeMs: number): number {
  if (timeMs >= 0) return timeMs;
  throw new InvalidArgument(`${name} must be 0 or more, not ${timeMs}`);
}

export function checkedKey(idempotencyKey: string): string {
  const found = IdempotencyKey.safeParse(idempotencyKey);
  if (found.success) return idempotencyKey;
  throw new InvalidArgument(`idempotencyKey ${found.error.issues[0]?.message}`);
}

export function checkedLimits(limits: RetryLimits): RetryLimits {
  for (const name of ['deadlineMs', 'firstWaitMs', 'waitMsMax'] as const) checkedTime(`retry.${name}`, limits[name]);
  return limits;
}
