import { type EntryFrame, LogCorrupt, type StoredEntry } from '@intendant/wal';
import type { ArchiveEnd, LogArchive } from './log-archive.js';
import { CHAIN_START } from './segment.js';
import type { LogPlace, Snapshot } from './snapshot.js';

/** What is archived: entries that count, which nobody changes any more. */
export interface EntrySource {
  /** Up to `limit` entries from `fromPosition` on, with bodies of no more than `bytesMax` or one, in order and verified. */
  read(partition: number, fromPosition: number, limit: number, bytesMax: number): Promise<readonly StoredEntry[]>;
}

/** Bounds of one segment, beyond which it has one entry at most: it is made and read in memory. */
const SEGMENT_ENTRIES_MAX = 2_000;
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;
const READ_ENTRIES = 250;

/** Archives the entries of a partition up to position `to` as far as they are not yet; gives where the archive ends. */
export async function archiveUpTo(
  archive: LogArchive,
  source: EntrySource,
  partition: number,
  to: number,
): Promise<ArchiveEnd> {
  let end = await archive.end(partition);
  while (end.to < to) end = await archive.seal(partition, end, await nextFrames(source, partition, end.to + 1, to));
  return end;
}

async function nextFrames(source: EntrySource, partition: number, from: number, to: number): Promise<EntryFrame[]> {
  const frames: EntryFrame[] = [];
  let bytes = 0;
  while (frames.length < SEGMENT_ENTRIES_MAX && bytes < SEGMENT_BYTES_MAX) {
    const at = from + frames.length;
    const limit = Math.min(READ_ENTRIES, SEGMENT_ENTRIES_MAX - frames.length, to - at + 1);
    const entries = limit > 0 ? await source.read(partition, at, limit, SEGMENT_BYTES_MAX - bytes) : [];
    if (entries.length === 0) break;
    for (const entry of entries) bytes += entry.body.length;
    frames.push(...entries.map(frameOf));
  }
  if (frames.length === 0)
    throw new LogCorrupt(`partition ${partition} position ${from}`, 'the entry cannot be read to archive it');
  return frames;
}

const frameOf = ({ partition: _partition, records: _records, epoch, position, ...entry }: StoredEntry): EntryFrame => ({
  kind: 'entry',
  epoch,
  position,
  entry,
});

/**
 * Reads the archive behind `after` up to position `to` again and holds every entry against the source. Throws
 * `LogCorrupt` at the first that is missing, damaged or another one; gives the end of what is confirmed in whole segments.
 */
export async function confirmUpTo(
  archive: LogArchive,
  source: EntrySource,
  partition: number,
  to: number,
  after: ArchiveEnd = { to: 0, chain: CHAIN_START },
): Promise<ArchiveEnd> {
  let end = after;
  if (end.to >= to) return end;
  for await (const { frames, to: reached, chain } of archive.segments(partition, after)) {
    const sameTo = await heldAgainst(source, partition, frames);
    if (sameTo < Math.min(reached, to))
      throw new LogCorrupt(`partition ${partition} position ${sameTo + 1}`, 'the log lacks an entry of the archive');
    // the segment is another process's, and that one is ahead of this log
    if (sameTo < reached) return end;
    end = { to: reached, chain };
    if (end.to >= to) return end;
  }
  throw new LogCorrupt(`archive of partition ${partition}`, `ends at position ${end.to}, before ${to}`);
}

/** Position up to which the source holds these very frames; what it does not hold yet is no other entry. */
async function heldAgainst(source: EntrySource, partition: number, frames: readonly EntryFrame[]): Promise<number> {
  const first = frames[0]?.position ?? 1;
  let compared = 0;
  while (compared < frames.length) {
    const limit = Math.min(READ_ENTRIES, frames.length - compared);
    const entries = await source.read(partition, first + compared, limit, SEGMENT_BYTES_MAX);
    if (entries.length === 0) break;
    for (const own of entries) {
      const frame = frames[compared];
      if (own.position !== frame?.position || own.epoch !== frame.epoch || !own.hash.equals(frame.entry.hash))
        throw new LogCorrupt(
          `partition ${partition} position ${first + compared}`,
          'the archive holds another entry than the log',
        );
      compared += 1;
    }
  }
  return first - 1 + compared;
}

/**
 * Takes a snapshot at a place of the log, up to which the archive must reach: everything behind `confirmed` is read back and
 * held against the source first. Gives the end that is confirmed now.
 */
export async function takeSnapshot(
  archive: LogArchive,
  source: EntrySource,
  place: { readonly partition: number } & LogPlace,
  confirmed: ArchiveEnd | undefined,
  takenAtMs: number,
): Promise<ArchiveEnd> {
  const { partition, cursor, name, progress } = place;
  const end = await confirmUpTo(archive, source, partition, progress.position, confirmed);
  // the chain value says what is before the snapshot only where a segment ends
  if (end.to !== progress.position) return end;
  const at = new Date(takenAtMs).toISOString();
  const { chain } = end;
  await archive.keepSnapshot({
    format: 1,
    logId: archive.logId,
    partition,
    cursor,
    name,
    progress,
    chain,
    takenAt: at,
  });
  return end;
}

export interface RetentionMargins {
  /** Entries before the end of the log that are never dropped. */
  readonly entriesMin: number;
  /** A snapshot must be older than this before the log is trimmed behind it. */
  readonly ageMsMin: number;
}

/**
 * The snapshot behind which the log may be trimmed, or null. Nobody knows every reader of the log: the margins are the time
 * that a replica which is away has to come back; a later one begins with the archive.
 */
export function trimmableBehind(
  snapshots: readonly Snapshot[],
  tail: number,
  nowMs: number,
  { entriesMin, ageMsMin }: RetentionMargins,
): Snapshot | null {
  const ripe = snapshots.filter(
    ({ takenAt, progress }) => nowMs - Date.parse(takenAt) >= ageMsMin && tail - progress.position >= entriesMin,
  );
  return ripe.at(-1) ?? null;
}
