import { type EntryFrame, LogCorrupt } from '@intendant/wal';
import { z } from 'zod';
import { assertKey, ObjectExists, type ObjectStore } from './object-store.js';
import { CHAIN_START, decodeSegment, encodeSegment, type Segment, sealSegment } from './segment.js';
import { decodeSnapshot, encodeSnapshot, type LogPlace, type Snapshot } from './snapshot.js';

/** Where the archive of a partition ends. */
export interface ArchiveEnd {
  /** Position of the last entry that is archived; 0 before the first. */
  readonly to: number;
  /** Chain value of the last segment, hex. */
  readonly chain: string;
}

const BEGINNING: ArchiveEnd = { to: 0, chain: CHAIN_START };
const LogFacts = z.object({ format: z.literal(1), logId: z.string(), partitionCount: z.int().positive() });

/** The archive is another one than the log it is used for. */
export class UnlikeArchive extends Error {
  constructor(finding: string) {
    super(finding);
    this.name = 'UnlikeArchive';
  }
}

/**
 * The archive of one log: segments of entries and snapshots, by partition.
 *
 *     <logId>/log.json
 *     <logId>/<partition, 4 digits>/<first position, 12 digits>.seg
 *     <logId>/<partition, 4 digits>/<position, 12 digits>.snapshot.json
 *
 * A segment's key names its first position only: of two holders that archive at once, the store lets one write it, so that
 * ranges never overlap. Throws `LogCorrupt`, with the key as its place, for objects that do not verify.
 */
export class LogArchive {
  /** By key; a snapshot never changes. */
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(
    private readonly store: ObjectStore,
    readonly logId: string,
  ) {
    assertKey(logId);
  }

  /** Ids of the logs that have an archive in this store. */
  static async logIds(store: ObjectStore): Promise<readonly string[]> {
    const keys = await store.list('');
    return keys.flatMap((key) => (key.endsWith('/log.json') ? [key.slice(0, -'/log.json'.length)] : []));
  }

  /** Number of partitions, or null when nothing of this log was archived. */
  async partitionCount(): Promise<number | null> {
    const key = `${this.logId}/log.json`;
    const bytes = await this.store.get(key);
    if (bytes === null) return null;
    const facts = LogFacts.safeParse(jsonOf(bytes));
    if (!facts.success || facts.data.logId !== this.logId) throw new LogCorrupt(key, 'does not describe this log');
    return facts.data.partitionCount;
  }

  /** Begins the archive, once. Throws {@link UnlikeArchive} when it has another number of partitions. */
  async declare(partitionCount: number): Promise<void> {
    const known = await this.partitionCount();
    if (known === null) {
      const facts = { format: 1, logId: this.logId, partitionCount };
      await this.store.put(`${this.logId}/log.json`, Buffer.from(`${JSON.stringify(facts)}\n`));
    } else if (known !== partitionCount)
      throw new UnlikeArchive(`the archive of ${this.logId} has ${known} partitions, the log ${partitionCount}`);
  }

  async end(partition: number): Promise<ArchiveEnd> {
    const last = (await this.#segmentKeys(partition)).at(-1);
    return last === undefined ? BEGINNING : this.#read(partition, last);
  }

  /** Chain value of the segment that ends at this position, hex; null when none does. */
  async chainAt(partition: number, position: number): Promise<string | null> {
    const latest = this.#segmentKey(partition, position);
    const key = (await this.#segmentKeys(partition)).findLast((one) => one <= latest);
    if (key === undefined) return null;
    const { to, chain } = await this.#read(partition, key);
    return to === position ? chain : null;
  }

  /**
   * Seals frames behind `end` and reads the segment back. When another process archived from there first, its segment stays
   * and must begin with the same entries; the end is then that segment's.
   */
  async seal(partition: number, end: ArchiveEnd, frames: readonly EntryFrame[]): Promise<ArchiveEnd> {
    const header = { logId: this.logId, partition, from: end.to + 1, previous: end.chain };
    const sealed = sealSegment(header, frames);
    const key = this.#segmentKey(partition, sealed.from);
    try {
      await this.store.put(key, encodeSegment(sealed));
    } catch (error) {
      if (!(error instanceof ObjectExists)) throw error;
    }
    const stored = await this.#read(partition, key);
    assertSameEntries(key, stored, sealed);
    return { to: stored.to, chain: stored.chain };
  }

  /** Segments behind `after`, each checked to continue the one before it. */
  async *segments(partition: number, after: ArchiveEnd = BEGINNING): AsyncGenerator<Segment> {
    let { to, chain } = after;
    for (const key of await this.#segmentKeys(partition)) {
      if (key < this.#segmentKey(partition, to + 1)) continue;
      const segment = await this.#read(partition, key);
      if (segment.from !== to + 1) throw new LogCorrupt(key, `positions ${to + 1} to ${segment.from - 1} are missing`);
      if (segment.previous !== chain) throw new LogCorrupt(key, 'does not continue the segment before it');
      yield segment;
      ({ to, chain } = segment);
    }
  }

  /** The entries from one position to another, both included, in order. The chain is checked from its first segment on. */
  async *entries(partition: number, from: number, to: number): AsyncGenerator<readonly EntryFrame[]> {
    for await (const segment of this.segments(partition)) {
      const frames = segment.frames.filter(({ position }) => position >= from && position <= to);
      if (frames.length > 0) yield frames;
      if (segment.to >= to) return;
    }
  }

  /** Keeps a snapshot whose segments were verified, and reads it back. */
  async keepSnapshot(snapshot: Snapshot): Promise<void> {
    const { partition, progress } = snapshot;
    const key = `${this.#folder(partition)}/${digits(progress.position, 12)}.snapshot.json`;
    // the first one of a position stays: places of the same position differ by claims only
    if (await this.store.has(key)) return;
    await this.store.put(key, encodeSnapshot(snapshot));
    await this.#snapshotAt(partition, key);
  }

  /** Snapshots of a partition, oldest first. */
  async snapshots(partition: number): Promise<readonly Snapshot[]> {
    const keys = await this.#snapshotKeys(partition);
    return Promise.all(keys.map((key) => this.#snapshotAt(partition, key)));
  }

  /** The furthest place that a copy can be brought to, or null. */
  async newestPlace(partition: number): Promise<LogPlace | null> {
    const last = (await this.#snapshotKeys(partition)).at(-1);
    return last === undefined ? null : this.#snapshotAt(partition, last);
  }

  async #snapshotKeys(partition: number): Promise<readonly string[]> {
    const keys = await this.store.list(`${this.#folder(partition)}/`);
    return keys.filter((key) => key.endsWith('.snapshot.json'));
  }

  async #snapshotAt(partition: number, key: string): Promise<Snapshot> {
    const known = this.#snapshots.get(key);
    if (known !== undefined) return known;
    const snapshot = decodeSnapshot((await this.store.get(key)) ?? Buffer.alloc(0), key);
    if (snapshot.logId !== this.logId || snapshot.partition !== partition)
      throw new LogCorrupt(key, `is a snapshot of partition ${snapshot.partition} of ${snapshot.logId}`);
    this.#snapshots.set(key, snapshot);
    return snapshot;
  }

  async #segmentKeys(partition: number): Promise<readonly string[]> {
    return (await this.store.list(`${this.#folder(partition)}/`)).filter((key) => key.endsWith('.seg'));
  }

  async #read(partition: number, key: string): Promise<Segment> {
    const bytes = await this.store.get(key);
    if (bytes === null) throw new LogCorrupt(key, 'is not there any more');
    const segment = decodeSegment(bytes, key);
    if (
      segment.logId !== this.logId ||
      key !== this.#segmentKey(partition, segment.from) ||
      segment.partition !== partition
    )
      throw new LogCorrupt(
        key,
        `is the segment from ${segment.from} of partition ${segment.partition} of ${segment.logId}`,
      );
    return segment;
  }

  #segmentKey(partition: number, from: number): string {
    return `${this.#folder(partition)}/${digits(from, 12)}.seg`;
  }

  #folder(partition: number): string {
    return `${this.logId}/${digits(partition, 4)}`;
  }
}

const digits = (value: number, count: number): string => String(value).padStart(count, '0');

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

/** Whoever sealed a range first saw the same entries, or the log forked. */
function assertSameEntries(key: string, stored: Segment, ours: Segment): void {
  const differing = stored.frames.find((frame, index) => {
    const own = ours.frames[index];
    return own !== undefined && !(own.entry.hash.equals(frame.entry.hash) && own.epoch === frame.epoch);
  });
  if (differing !== undefined || stored.previous !== ours.previous)
    throw new LogCorrupt(key, `the archive holds another entry at position ${differing?.position ?? stored.from}`);
}
