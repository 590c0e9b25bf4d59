import { FailureError, failure } from '@intendant/intent-model';

/** After which record a reader of events goes on; what a resuming client says comes before the query. */
export const positionAskedFor = (lastEventId: string | undefined, after: string | undefined): number =>
  lastEventId === undefined
    ? wholeNumber('query after', after, 0, Number.MAX_SAFE_INTEGER)
    : wholeNumber('header last-event-id', lastEventId || undefined, 0, Number.MAX_SAFE_INTEGER);

export function wholeNumber(field: string, text: string | undefined, fallback: number, max: number, min = 0): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new FailureError(failure('invalid_request', `must be a whole number from ${min} to ${max}`, { field }));
  return value;
}
