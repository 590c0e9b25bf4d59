import { unreadable, type ValidationReport, validateExecution } from '@intendant/replay';
import { type IndexedWal, LogCorrupt, partitionOf } from '@intendant/wal';

type Log = Pick<IndexedWal, 'describe' | 'readStream' | 'streamHead' | 'store'>;

/** Validates an execution from its log, and from the index beside it, which remembers an end that is gone. */
export async function validateInLog(log: Log, executionId: string): Promise<ValidationReport> {
  try {
    const entries = await log.readStream(executionId);
    const isLive = liveIn(log, executionId);
    // one that goes on between the two readings says nothing by the difference
    const isSamePlace = (await log.streamHead(executionId)).nextSeq === (entries.at(-1)?.records.at(-1)?.seq ?? 0) + 1;
    return validateExecution(executionId, entries, isSamePlace ? isLive : null);
  } catch (error) {
    if (error instanceof LogCorrupt) return unreadable(executionId, error.place, error.finding);
    throw error;
  }
}

/** Null when another unsound entry of the partition keeps its index from being folded. */
function liveIn(log: Log, executionId: string): boolean | null {
  try {
    const partition = partitionOf(executionId, log.describe().partitionCount);
    return log.store.liveExecutions(partition).includes(executionId);
  } catch (error) {
    if (error instanceof LogCorrupt) return null;
    throw error;
  }
}
