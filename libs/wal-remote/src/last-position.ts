import type { Cursor, FrameLog } from '@intendant/wal';
import type { PartitionCopy } from './partition-copy.js';

/** Claims and void entries that may stand behind the last one that counts, and places that hold nothing. */
const STEPS_MAX = 100;

/** Position of the last entry of the copy that the log holds up to this place, 0 when it holds none; null when that cannot be told. */
export async function lastPosition(log: FrameLog, copy: PartitionCopy, end: Cursor): Promise<number | null> {
  let cursor: Cursor | null = end;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    if (cursor === null) return 0;
    try {
      const placed = await log.at(copy.partition, cursor);
      // others may stand there by now in place of what was copied
      if (placed?.frame.kind === 'entry' && copy.holds(placed.frame)) return placed.frame.position;
    } catch {
      return null;
    }
    cursor = before(cursor);
  }
  return null;
}

function before(cursor: Cursor): Cursor | null {
  const [main, sub] = cursor.split('-').map(Number) as [number, number?];
  if (sub !== undefined && sub > 0) return `${main}-${sub - 1}`;
  return main > 0 ? String(main - 1) : null;
}
