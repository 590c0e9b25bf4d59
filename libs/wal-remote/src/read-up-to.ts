import { type Cursor, compareCursors, type FrameLog } from '@intendant/wal';
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
