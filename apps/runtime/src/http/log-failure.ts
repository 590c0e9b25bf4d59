import { type Failure, failure } from '@intendant/intent-model';
import { AppendInDoubt, Fenced, LogClosed, LogCorrupt, UnfitLog } from '@intendant/wal';

/** What a caller is told when the log did not take what it asked for; null for any other error. */
export function logFailure(error: unknown): Failure | null {
  if (error instanceof AppendInDoubt)
    return failure('outcome_unknown', 'what was asked may or may not have happened; look before asking again');
  if (error instanceof LogClosed || error instanceof Fenced || error instanceof UnfitLog)
    return failure('wal_unavailable', error.message, { retryAfterMs: 1_000 });
  return error instanceof LogCorrupt ? failure('log_corrupt', error.message) : null;
}
