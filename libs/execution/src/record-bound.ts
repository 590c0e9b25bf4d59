import type { JournalEntry } from '@intendant/intent-model';

/** Records an execution may have while it goes forward; undoing what it did is never cut short. */
export const RECORDS_MAX = 50_000;

/** From here on somebody should know. */
const RECORDS_WARN = RECORDS_MAX / 5;

export const isOverBound = (lastSeq: number): boolean => lastSeq >= RECORDS_MAX;

/** Why a history may not grow by anything new; null while it may. */
export const recordsFault = (lastSeq: number): string | null =>
  isOverBound(lastSeq) ? `the history has ${lastSeq} records and may have no more than ${RECORDS_MAX}` : null;

/** Bytes of a journal that travels with a call: half of what a participant takes as one message. */
export const JOURNAL_SENT_BYTES_MAX = 32 * 1024 * 1024;

/** Why a handler cannot be called with its journal any more; null while it can. */
export function journalFault(journal: Iterable<JournalEntry>): string | null {
  let bytes = 0;
  for (const entry of journal) bytes += Buffer.byteLength(JSON.stringify(entry)) + 1;
  if (bytes <= JOURNAL_SENT_BYTES_MAX) return null;
  return `the journal has ${bytes} bytes and may have no more than ${JOURNAL_SENT_BYTES_MAX} in a call of its handler`;
}

/** What to tell when a history grows past the mark between two seqs; null when it does not. */
export const warningOf = (beforeSeq: number, afterSeq: number): string | null =>
  beforeSeq < RECORDS_WARN && afterSeq >= RECORDS_WARN
    ? `${afterSeq} records; at ${RECORDS_MAX} the execution is stopped`
    : null;
