import { type Cursor, compareCursors, type FrameLog } from '@intendant/wal';
import { assertHolds, lastHeld } from './held-frame.js';
import type { PartitionCopy } from './partition-copy.js';

const FRAMES_PER_READ = 1_000;

/** Resolves when the copy reaches `cursor`, whoever took the frames up to it. */
export async function readUpTo(log: FrameLog, copy: PartitionCopy, cursor: Cursor): Promise<void> {
  while (compareCursors(copy.cursor, cursor) < 0) {
    const frames = await log.read(copy.partition, copy.cursor, FRAMES_PER_READ);
    if (frames.length === 0 && compareCursors(copy.cursor, cursor) < 0)
      throw copy.halt(`the log ends before ${cursor}, which it gave out itself`);
    copy.take(frames);
  }
}

/** Reads everything that the log shows, which must hold the last copied frame still: nothing is taken behind another one. */
export async function readToEnd(log: FrameLog, copy: PartitionCopy): Promise<void> {
  const end = await log.end(copy.partition);
  if (compareCursors(copy.cursor, end) >= 0) return;
  await assertHolds(log, copy, lastHeld(copy));
  await readUpTo(log, copy, end);
}
