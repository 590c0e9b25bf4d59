import { type Cursor, LogCorrupt } from '@intendant/wal';
import { z } from 'zod';

/**
 * A place in a partition's log from which reading may begin, because the segments up to it were verified: cursor and name
 * of the frame there, what the frames came to, and the chain value of the last segment.
 */
const SnapshotBody = z.object({
  format: z.literal(1),
  logId: z.string(),
  partition: z.int().nonnegative(),
  cursor: z.string(),
  name: z.string(),
  progress: z.object({ epoch: z.int(), nonce: z.string(), position: z.int().positive() }),
  chain: z.string().length(64),
  takenAt: z.iso.datetime(),
});
export type Snapshot = Readonly<z.infer<typeof SnapshotBody>>;

/** How far a copy of the log reaches, as `RemoteWal.placeOf` tells it. */
export interface LogPlace {
  readonly cursor: Cursor;
  /** Names the frame at the cursor. */
  readonly name: string;
  readonly progress: Snapshot['progress'];
}

export const encodeSnapshot = (snapshot: Snapshot): Buffer => Buffer.from(`${JSON.stringify(snapshot)}\n`);

/** Throws {@link LogCorrupt} naming `place` when the bytes are no snapshot. */
export function decodeSnapshot(bytes: Buffer, place: string): Snapshot {
  try {
    return SnapshotBody.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    throw new LogCorrupt(place, 'is not a snapshot of an archive');
  }
}
