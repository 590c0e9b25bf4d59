import type { Cursor, FrameLog } from '@intendant/wal';

/** Claims that may stand behind the last entry, and places that hold nothing. */
const STEPS_MAX = 100;

/** Position of the last entry up to this place, 0 when there is none; null when that cannot be told. */
export async function lastPosition(log: FrameLog, partition: number, end: Cursor): Promise<number | null> {
  let cursor: Cursor | null = end;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    if (cursor === null) return 0;
    try {
      const placed = await log.at(partition, cursor);
      if (placed?.frame.kind === 'entry') return placed.frame.position;
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
