/** Records an execution may have while it goes forward; undoing what it did is never cut short. */
export const RECORDS_MAX = 50_000;

/** From here on somebody should know. */
const RECORDS_WARN = RECORDS_MAX / 5;

export const isOverBound = (lastSeq: number): boolean => lastSeq >= RECORDS_MAX;

/** What to tell when a history grows past the mark between two seqs; null when it does not. */
export const warningOf = (beforeSeq: number, afterSeq: number): string | null =>
  beforeSeq < RECORDS_WARN && afterSeq >= RECORDS_WARN
    ? `${afterSeq} records; at ${RECORDS_MAX} the execution is stopped`
    : null;
