import { FailureError } from '@intendant/intent-model';
import type { Scheduler } from '@intendant/kernel';
import { Fenced, partitionOf, UnfitLog } from '@intendant/wal';
import type { LogWriter } from './log-writer.js';

const LOOK_AGAIN_MS = 500;

/**
 * Appends what an execution under way has come to. It must not be lost because the log keeps too little at the moment: it
 * waits until that is right again. Whoever has claimed the partition meanwhile goes on from what the log holds.
 */
export async function whenFit<T>(
  { log, scheduler }: { readonly log: LogWriter; readonly scheduler: Scheduler },
  executionId: string,
  append: () => Promise<T>,
): Promise<T> {
  for (const epoch = log.epochOf(executionId); ; ) {
    try {
      return await append();
    } catch (error) {
      if (!isForLater(error)) throw error;
      await new Promise<void>((resolve) => void scheduler.after(LOOK_AGAIN_MS, resolve));
      if (log.epochOf(executionId) !== epoch) throw new Fenced(partitionOf(executionId, log.partitionCount), epoch);
    }
  }
}

/** Of what another replica appends for this one, only the code of its refusal comes back. */
const isForLater = (error: unknown): boolean =>
  error instanceof UnfitLog || (error instanceof FailureError && error.failure.code === 'wal_unavailable');
