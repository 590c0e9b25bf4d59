import { type Cursor, type FrameLog, LogClosed } from '@intendant/wal';
import { lastPosition } from './last-position.js';
import { frameName, type PartitionCopy } from './partition-copy.js';

/** A frame that the log must still hold. */
export interface HeldFrame {
  readonly cursor: Cursor;
  /** As `frameName` says; empty when nothing was copied yet. */
  readonly name: string;
}

export const lastHeld = ({ cursor, lastFrame }: PartitionCopy): HeldFrame => ({ cursor, name: lastFrame });

/**
 * Halts the partition, and throws, when the log does not hold the frame that was copied last. With `pauseBeforeRetry` a log
 * that shows less than that is asked again: after a failover it may not show at once what it has.
 */
export async function assertHolds(
  log: FrameLog,
  copy: PartitionCopy,
  { cursor, name }: HeldFrame,
  pauseBeforeRetry: (attempt: number) => Promise<void> = () => Promise.reject(new Error('once')),
): Promise<void> {
  if (name === '') return;
  for (let attempt = 1; ; attempt += 1) {
    const placed = await log.at(copy.partition, cursor);
    if (placed !== null && frameName(placed.frame) === name) return;
    if (placed !== null) {
      const { position, epoch } = copy.progress;
      throw copy.halt(
        `the log holds another frame at ${cursor} than the one that was copied, position ${position} of epoch ${epoch}`,
      );
    }
    const isOver = await pauseBeforeRetry(attempt).then(
      () => false,
      (error: Error) => {
        if (error instanceof LogClosed) throw error;
        return true;
      },
    );
    if (isOver) throw copy.halt(await lossOf(log, copy, cursor));
  }
}

async function lossOf(log: FrameLog, copy: PartitionCopy, cursor: Cursor): Promise<string> {
  const { position, epoch } = copy.progress;
  const end = await log.end(copy.partition);
  const held = await lastPosition(log, copy.partition, end);
  const what =
    held === null
      ? `position ${position} of epoch ${epoch} and what came before it`
      : held < position
        ? `positions ${held + 1} to ${position} of epoch ${epoch}`
        : `claims behind position ${position}`;
  return `the log ends at ${end} and lost what was copied up to ${cursor}: ${what}`;
}
