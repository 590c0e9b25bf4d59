import { randomUUID } from 'node:crypto';
import type { Scheduler } from '@intendant/kernel';
import {
  assertContinues,
  assertPartition,
  assertPlaced,
  type Cursor,
  type Entry,
  Fenced,
  type FrameLog,
  type IndexedWal,
  type Lease,
  LogClosed,
  LogCorrupt,
  type PlacedFrame,
  partitionOf,
  type StopFollowing,
  type StoredEntry,
  Trimmed,
  type WalDescription,
} from '@intendant/wal';
import { JournalReads, SqliteJournal } from '@intendant/wal-sqlite';
import { assertHolds, claimBehind, lastHeld } from './claim-behind.js';
import { type CopyPlace, CopyStore } from './copy-store.js';
import type { DroppedEntries } from './dropped-entries.js';
import { PartitionCopy } from './partition-copy.js';
import { PartitionWriter } from './partition-writer.js';
import { readUpTo } from './read-up-to.js';

/** Claims of one acquisition; each failed because somebody claimed as high at the same moment. */
const CLAIMS_MAX = 5;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 500;

export interface RemoteWalOptions {
  /** Of this process's own copy. Whatever is lost of it is read again from the log. */
  readonly directory: string;
  readonly log: FrameLog;
  readonly scheduler: Scheduler;
  /** Where a copy begins when the log has dropped what it needs; without it such a partition is halted. */
  readonly archive?: DroppedEntries;
  /** How long an append that nobody answered is asked about before its holder gives up the partition. */
  readonly doubtMs?: number;
  /** A holder has lost its partition: deposed, or unable to learn what became of an append. */
  readonly onLost: (partition: number, reason: Error) => void;
  /** Nothing more of a partition can be trusted; names what was found. */
  readonly onHalted: (partition: number, error: LogCorrupt) => void;
}

/**
 * A log on a server as a {@link IndexedWal}: every process follows all partitions and keeps a copy in SQLite, from which it
 * reads; whoever holds a partition appends to it. The copy is behind the log, never before it: an append is acknowledged
 * once the server has it and the copy shows it.
 */
export class RemoteWal extends JournalReads implements IndexedWal {
  readonly logId: string;
  readonly #log: FrameLog;
  readonly #copies: readonly PartitionCopy[];
  readonly #writers = new Map<number, PartitionWriter>();
  readonly #following = new Map<number, StopFollowing>();
  readonly #listeners = new Set<(entries: readonly StoredEntry[]) => void>();
  #troubled = new Map<number, Error>();
  #closedBecause: string | null = null;

  private constructor(private readonly options: RemoteWalOptions) {
    const { log, directory, onHalted } = options;
    const { partitionCount } = log.describe();
    super(new SqliteJournal({ directory, partitionCount, synchronous: 'NORMAL' }));
    this.#log = log;
    this.logId = log.logId;
    const copies = new CopyStore(this.journal);
    const source = copies.sourceOf(log.logId);
    this.#copies = Array.from(
      { length: partitionCount },
      (_, partition) =>
        new PartitionCopy(partition, copies, {
          onHalted: (error) => onHalted(partition, error),
          onFollowed: (entries) => this.#tell(entries),
        }),
    );
    for (const copy of this.#copies) {
      const damage = copies.damaged.get(copy.partition);
      if (source !== log.logId) copy.halt(`this is a copy of the log ${source}, the servers hold ${log.logId}`);
      else if (damage !== undefined) copy.halt(damage.message);
    }
  }

  /** Opens the copy, holds it against the log, and begins to follow. A partition whose log lost what was copied is halted. */
  static async open(options: RemoteWalOptions): Promise<RemoteWal> {
    const wal = new RemoteWal(options);
    try {
      await Promise.all(wal.#copies.map((copy) => wal.#meet(copy)));
    } catch (error) {
      wal.journal.close(true);
      throw error;
    }
    for (const copy of wal.#copies) wal.#follow(copy);
    return wal;
  }

  /** Where the log has dropped what follows the copy, the copy goes on behind it first. */
  async #meet(copy: PartitionCopy): Promise<void> {
    if (copy.halted !== null) return;
    try {
      await this.#compare(copy);
    } catch (error) {
      if (!(error instanceof Trimmed)) throw error;
      if (this.options.archive === undefined) copy.halt(`${error.message}, and no archive is configured`);
      else await copy.restore(this.options.archive);
      if (copy.halted === null) await this.#compare(copy);
    }
  }

  /** The log must still hold the last frame that was copied, or else everything from its first. Throws `Trimmed`. */
  async #compare(copy: PartitionCopy): Promise<void> {
    if (copy.lastFrame === '') return this.#assertBegins(copy);
    await assertHolds(this.#log, copy, lastHeld(copy)).catch((error: unknown) => {
      if (!(error instanceof LogCorrupt)) throw error;
      haltFor(copy, error);
    });
  }

  /** Throws `Trimmed` when the log's first frames were dropped. Whatever else is wrong shows when they are followed. */
  async #assertBegins({ partition, cursor }: PartitionCopy): Promise<void> {
    await this.#log.read(partition, cursor, 1).catch((error: unknown) => {
      if (error instanceof Trimmed) throw error;
    });
  }

  /** How far the copy of a partition reaches. Everything up to it is in the log and can be read here. */
  placeOf(partition: number): CopyPlace {
    return this.#copyOf(partition).place;
  }

  /** Has the log drop what lies before this place, which the caller has kept elsewhere. The copy keeps it. */
  async trim(partition: number, before: Cursor): Promise<void> {
    await this.#log.trim(partition, before);
  }

  get closedBecause(): string | null {
    return this.#closedBecause;
  }

  /** Why appends cannot be promised at the moment, or null: settings of the servers, or a connection that is gone. */
  unfit(): string | null {
    const [trouble] = this.#troubled;
    return this.#log.unfit() ?? (trouble === undefined ? null : `partition ${trouble[0]}: ${trouble[1].message}`);
  }

  describe(): WalDescription {
    return this.#log.describe();
  }

  async acquire(partition: number): Promise<Lease> {
    assertPartition(partition, this.partitionCount);
    if (this.#closedBecause !== null) throw new LogClosed(this.#closedBecause);
    const copy = this.#copyOf(partition);
    // what the earlier holder was promised comes before the claim
    const before = this.#writers.get(partition);
    await before?.end(new Fenced(partition, before.lease.epoch));
    await this.#unfollow(partition);
    try {
      const lease = await this.#claim(copy);
      this.#writers.set(partition, this.#writerOf(lease, copy));
      return lease;
    } catch (error) {
      haltFor(copy, error);
      this.#writers.delete(partition);
      this.#follow(copy);
      throw error;
    }
  }

  async #claim(copy: PartitionCopy): Promise<Lease> {
    const { partition } = copy;
    for (let tried = 0; tried < CLAIMS_MAX; tried += 1) {
      await readUpTo(this.#log, copy, await this.#log.end(partition));
      const nonce = randomUUID();
      const { epoch } = await claimBehind(this.#log, copy, nonce);
      if (copy.progress.nonce === nonce) return { partition, epoch, nonce };
    }
    throw new Fenced(partition, copy.progress.epoch);
  }

  #writerOf(lease: Lease, copy: PartitionCopy): PartitionWriter {
    const { partition } = lease;
    const writer: PartitionWriter = new PartitionWriter(lease, {
      log: this.#log,
      copy,
      nonce: randomUUID,
      pauseBeforeRetry: this.#pauses(),
      onLost: (reason) => {
        haltFor(copy, reason);
        this.#forget(writer);
        if (this.#closedBecause === null) this.options.onLost(partition, reason);
      },
    });
    return writer;
  }

  #pauses(): (attempt: number) => Promise<void> {
    const { scheduler, doubtMs = 6_000 } = this.options;
    let spentMs = 0;
    return (attempt) => {
      const ms = Math.min(RETRY_MS_MIN * 2 ** (attempt - 1), RETRY_MS_MAX);
      spentMs = attempt === 1 ? ms : spentMs + ms;
      if (spentMs > doubtMs || this.#closedBecause !== null) return Promise.reject(new Error('not any longer'));
      return new Promise((resolve) => void scheduler.after(ms, resolve));
    };
  }

  /** What was promised to a holder that is gone was not kept. */
  #forget(writer: PartitionWriter): void {
    const { partition } = writer.lease;
    if (this.#writers.get(partition) !== writer) return;
    this.#writers.delete(partition);
    this.journal.forgetPromises((streamId) => partitionOf(streamId, this.partitionCount) === partition);
    this.#follow(this.#copyOf(partition, false));
  }

  /** Lets appends end and takes no more; others may claim the partition, and it is followed like any other. */
  async release(lease: Lease): Promise<void> {
    const writer = this.#writers.get(lease.partition);
    if (writer?.lease.nonce !== lease.nonce) return;
    await writer.end(new Fenced(lease.partition, lease.epoch));
    this.#forget(writer);
  }

  append(lease: Lease, entries: readonly Entry[]): Promise<readonly number[]> {
    const { partition, epoch, nonce } = lease;
    const writer = this.#writers.get(partition);
    try {
      if (this.#closedBecause !== null) throw new LogClosed(this.#closedBecause);
      if (writer?.lease.nonce !== nonce) throw new Fenced(partition, epoch);
      if (writer.ended !== null) throw writer.ended;
      assertPlaced(entries, partition, this.partitionCount);
      assertContinues(entries, (streamId) => this.journal.promisedHead(streamId));
    } catch (error) {
      return Promise.reject(error as Error);
    }
    this.journal.promise(entries);
    return writer.append(entries);
  }

  async catchUp(partition: number): Promise<void> {
    if (this.#writers.has(partition)) return;
    const copy = this.#copyOf(partition);
    try {
      await readUpTo(this.#log, copy, await this.#log.end(partition));
    } catch (error) {
      haltFor(copy, error);
      if (error instanceof LogCorrupt) throw error;
      throw new LogClosed(`the log cannot be read: ${(error as Error).message}`);
    }
  }

  onFollowed(listener: (entries: readonly StoredEntry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(entries: readonly StoredEntry[]): void {
    for (const listener of this.#listeners) listener(entries);
  }

  #copyOf(partition: number, sound = true): PartitionCopy {
    const copy = this.#copies[partition] as PartitionCopy;
    if (sound) copy.assertSound();
    return copy;
  }

  #follow(copy: PartitionCopy): void {
    const { partition } = copy;
    if (copy.halted !== null || this.#closedBecause !== null || this.#following.has(partition)) return;
    const stop = this.#log.follow(partition, copy.cursor, {
      onFrames: (frames) => this.#takeFollowed(copy, frames),
      onTrouble: (error) => {
        if (error === null) this.#troubled.delete(partition);
        else if (error instanceof LogCorrupt) this.#haltFollowed(copy, error);
        else this.#troubled.set(partition, error);
      },
    });
    this.#following.set(partition, stop);
  }

  #takeFollowed(copy: PartitionCopy, frames: readonly PlacedFrame[]): void {
    if (copy.halted !== null) return;
    try {
      copy.take(frames);
    } catch (error) {
      void this.#unfollow(copy.partition);
      if (!(error instanceof LogCorrupt)) copy.halt(`the copy cannot be written: ${(error as Error).message}`);
    }
  }

  #haltFollowed(copy: PartitionCopy, error: LogCorrupt): void {
    haltFor(copy, error);
    void this.#unfollow(copy.partition);
  }

  async #unfollow(partition: number): Promise<void> {
    const stop = this.#following.get(partition);
    this.#following.delete(partition);
    this.#troubled.delete(partition);
    await stop?.();
  }

  /** Throws the copy's tables away and folds its journal again. */
  rebuildStore(): void {
    this.journal.rebuildStore();
  }

  /** Lets appends under way end; closes the copy, and the log with it. */
  async close(): Promise<void> {
    if (this.#closedBecause !== null) return;
    const writers = [...this.#writers.values()];
    const ended = writers.map((writer) => writer.end(new LogClosed('closed')));
    this.#closedBecause = 'closed';
    await Promise.all(ended);
    await Promise.all([...this.#following.keys()].map((partition) => this.#unfollow(partition)));
    await this.#log.close();
    this.journal.close(true);
  }
}

/** What the log itself found to be damaged or gone cannot be trusted any further. */
function haltFor(copy: PartitionCopy, error: unknown): void {
  if (!(error instanceof LogCorrupt)) return;
  const { place, finding } = error;
  copy.halt(place === `partition ${copy.partition}` ? finding : `${place}: ${finding}`);
}
