import { type Cursor, compareCursors, type FrameLog, LogClosed, type LogCorrupt } from '@intendant/wal';
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
      const what = lossOf(copy, await lastPosition(log, copy, cursor));
      throw copy.halt(`the log holds another frame at ${cursor} than the one that was copied, and lost ${what}`);
    }
    const isOver = await pauseBeforeRetry(attempt).then(
      () => false,
      (error: Error) => {
        if (error instanceof LogClosed) throw error;
        return true;
      },
    );
    if (!isOver) continue;
    const end = await log.end(copy.partition);
    const what = lossOf(copy, await lastPosition(log, copy, end));
    const cut = compareCursors(end, cursor) < 0 ? `ends at ${end} and ` : '';
    throw copy.halt(`the log ${cut}lost what was copied up to ${cursor}: ${what}`);
  }
}

function lossOf({ progress: { position, epoch } }: PartitionCopy, held: number | null): string {
  if (held === null) return `position ${position} of epoch ${epoch} and what came before it`;
  return held < position
    ? `positions ${held + 1} to ${position} of epoch ${epoch}`
    : `claims behind position ${position}`;
}

/** Halts the partition for what the log found by itself; says what is lost of the copy where the log can still be asked. */
export async function haltFor(log: FrameLog, copy: PartitionCopy, found: LogCorrupt): Promise<void> {
  if (copy.halted === null) await assertHolds(log, copy, lastHeld(copy)).catch(() => undefined);
  copy.haltFor(found);
}
