import { type Cursor, compareCursors, decodeFrame, LogCorrupt, type PlacedFrame, Trimmed } from '@intendant/wal';
import { entryCursor, follows, idOf } from './cursor.js';
import type { PartitionKeys } from './keys.js';
import { asLogError, refusalOf } from './server/answers.js';
import type { ServerLink } from './server/server-link.js';

/** What a server holds of a partition, from a place on. */
interface Window {
  /** The last place that readers may see. */
  readonly seen: Cursor;
  /** The first place that was kept, `0-0` when nothing was dropped. */
  readonly kept: Cursor;
  /** The last place before that, `0-0` also when it was dropped before this was written down. */
  readonly dropped: Cursor;
  readonly frames: readonly StoredFrame[];
}

interface StoredFrame {
  readonly cursor: Cursor;
  readonly bytes: Buffer;
}

const NOTHING_YET: Cursor = '0-0';

/** Reads up to the last place that counts as durable, and notices frames that are missing. */
export class FrameReader {
  constructor(
    private readonly link: ServerLink,
    private readonly logId: string,
    private readonly keysOf: (partition: number) => PartitionKeys,
  ) {}

  async read(partition: number, after: Cursor, limit: number): Promise<readonly PlacedFrame[]> {
    const window = await this.#window(partition, `(${idOf(after)}`, limit);
    assertWhole(partition, idOf(after), limit, window);
    return window.frames.map((frame) => placed(partition, frame));
  }

  async at(partition: number, cursor: Cursor): Promise<PlacedFrame | null> {
    const { kept, frames } = await this.#window(partition, idOf(cursor), 1, 'with hidden ones');
    const [frame] = frames;
    if (frame?.cursor === idOf(cursor)) return placed(partition, frame);
    if (compareCursors(cursor, kept) < 0) throw new Trimmed(partition, kept);
    return null;
  }

  /** The last place that readers may see; `0` when there is none. */
  async end(partition: number): Promise<Cursor> {
    const { seen } = await this.#window(partition, '-', 0);
    return seen === NOTHING_YET ? '0' : seen;
  }

  async #window(partition: number, from: string, limit: number, which?: 'with hidden ones'): Promise<Window> {
    const server = await this.link.get();
    const keys = this.keysOf(partition);
    try {
      const call = [
        'FCALL_RO',
        'intendant_wal_read',
        keys.length,
        ...keys,
        this.logId,
        from,
        limit,
        which === undefined ? '0' : '1',
      ] as const;
      const reply = await server.redis.callBuffer(...call);
      return windowOf(reply as WindowReply);
    } catch (error) {
      if (refusalOf(error)?.code !== 'LOST') this.link.drop(server);
      throw asLogError(error, partition);
    }
  }
}

type WindowReply = [
  seen: Buffer,
  kept: Buffer,
  frames: [id: Buffer, fields: [name: Buffer, value: Buffer]][],
  dropped: Buffer,
];

const windowOf = ([seen, kept, frames, dropped]: WindowReply): Window => ({
  seen: seen.toString(),
  kept: kept.toString(),
  dropped: dropped.toString(),
  frames: frames.map(([id, [, bytes]]) => ({ cursor: id.toString(), bytes })),
});

/** Places have no holes, so whatever is missing shows: but for the claims behind an entry when the next entry is the first one kept. */
function assertWhole(partition: number, after: Cursor, limit: number, { seen, kept, dropped, frames }: Window): void {
  if (limit < 1 || compareCursors(after, seen) >= 0) return;
  if (compareCursors(after, dropped) < 0) throw new Trimmed(partition, kept);
  let last = after;
  for (const { cursor } of frames) {
    if (!follows(cursor, last)) throw missing(partition, last, cursor, kept);
    last = cursor;
  }
  if (frames.length < limit && last !== seen) throw missing(partition, last, seen, kept);
}

function missing(partition: number, after: Cursor, next: Cursor, kept: Cursor): Error {
  if (compareCursors(after, kept) < 0) return new Trimmed(partition, kept);
  return new LogCorrupt(`partition ${partition}, ${after}`, `frames between it and ${next} are missing`);
}

function placed(partition: number, { cursor, bytes }: StoredFrame): PlacedFrame {
  const place = `partition ${partition}, ${cursor}`;
  const frame = decodeFrame(bytes, place);
  if (frame.kind === 'entry' && entryCursor(frame.position) !== cursor)
    throw new LogCorrupt(place, `holds the entry of position ${frame.position}`);
  return { cursor, frame };
}
