import { randomUUID } from 'node:crypto';
import type { Scheduler } from '@intendant/kernel';
import {
  assertContinues,
  assertFits,
  assertPartition,
  assertPlaced,
  type Entry,
  Fenced,
  type FrameLog,
  type IndexedWal,
  type Lease,
  LogClosed,
  LogCorrupt,
  partitionOf,
  type StoredEntry,
  Trimmed,
  type UnfitLog,
  type WalDescription,
} from '@intendant/wal';
import { JournalReads, SqliteJournal } from '@intendant/wal-sqlite';
import { claimBehind } from './claim-behind.js';
import { type CopyPlace, CopyStore } from './copy-store.js';
import type { DroppedEntries } from './dropped-entries.js';
import { assertHolds, haltFor, lastHeld } from './held-frame.js';
import { frameName, PartitionCopy } from './partition-copy.js';
import { PartitionFollower } from './partition-follower.js';
import { PartitionWriter } from './partition-writer.js';
import { readToEnd, readUpTo } from './read-up-to.js';
import { SharedRounds } from './shared-rounds.js';

/** Claims of one acquisition; each failed because somebody claimed as high at the same moment. */
const CLAIMS_MAX = 5;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 500;
const DOUBT_MS = 6_000;

export interface RemoteWalOptions {
  /** Of this process's own copy. Whatever is lost of it is read again from the log. */
  readonly directory: string;
  readonly log: FrameLog;
  readonly scheduler: Scheduler;
  /** Where a copy begins when the log has dropped what it needs; without it such a partition is halted. */
  readonly archive?: DroppedEntries;
  /**
   * How long an append that nobody answered is asked about before its holder gives up the partition, and how long a log that
   * shows less than was copied before the partition is halted.
   */
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
  readonly #following = new Map<number, PartitionFollower>();
  readonly #catchingUp: readonly SharedRounds[];
  readonly #listeners = new Set<(entries: readonly StoredEntry[]) => void>();
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
    this.#catchingUp = this.#copies.map(({ partition }) => new SharedRounds(() => this.#catchUp(partition)));
    for (const copy of this.#copies) {
      const damage = copies.damaged.get(copy.partition);
      const other = `this is a copy of the log ${source}, the servers hold ${log.logId}`;
      if (source !== log.logId) copy.haltFor(new LogCorrupt(`partition ${copy.partition}`, other));
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
    await assertHolds(this.#log, copy, lastHeld(copy), this.#pauses()).catch((error: unknown) => {
      if (!(error instanceof LogCorrupt)) throw error;
      copy.haltFor(error);
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

  /**
   * Has the log drop what lies before this place, which the caller has kept elsewhere. The copy keeps it. Throws `LogCorrupt`, and
   * drops nothing, when the frame there is another one: then the place is not what was kept.
   */
  async trim(partition: number, { cursor, name }: Pick<CopyPlace, 'cursor' | 'name'>): Promise<void> {
    const placed = await this.#log.at(partition, cursor);
    if (placed === null || frameName(placed.frame) !== name)
      throw new LogCorrupt(
        `partition ${partition}`,
        `the log does not hold at ${cursor} the frame to be trimmed behind`,
      );
    await this.#log.trim(partition, cursor);
  }

  get closedBecause(): string | null {
    return this.#closedBecause;
  }

  /** Why appends cannot be promised at the moment, or null: settings of the servers, or a connection that is gone. */
  unfit(): string | null {
    const reason = this.#log.unfit();
    if (reason !== null) return reason;
    const troubles = [...this.#following].flatMap(([partition, { trouble }]) =>
      trouble === null ? [] : [{ partition, trouble }],
    );
    // what does not pass by itself comes first, and says its partition
    const trimmed = troubles.find(({ trouble }) => trouble instanceof Trimmed);
    const [first] = troubles;
    if (first === undefined) return null;
    const what = trimmed?.trouble.message ?? `partition ${first.partition}: ${first.trouble.message}`;
    return troubles.length === 1 ? what : `${what}; ${troubles.length - 1} more cannot be followed either`;
  }

  refusal(): UnfitLog | null {
    return this.#log.refusal();
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
      if (error instanceof LogCorrupt) await haltFor(this.#log, copy, error);
      this.#writers.delete(partition);
      this.#follow(copy);
      throw error;
    }
  }

  async #claim(copy: PartitionCopy): Promise<Lease> {
    const { partition } = copy;
    for (let tried = 0; tried < CLAIMS_MAX; tried += 1) {
      await readToEnd(this.#log, copy);
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
      pauseBeforeRetry: this.#timedPauses(),
      onRefused: () => this.#forgetPromises(partition),
      onLost: (reason) => {
        if (reason instanceof LogCorrupt) copy.haltFor(reason);
        this.#forget(writer);
        if (this.#closedBecause === null) this.options.onLost(partition, reason);
      },
    });
    return writer;
  }

  #pauses(): (attempt: number) => Promise<void> {
    const { scheduler, doubtMs = DOUBT_MS } = this.options;
    let spentMs = 0;
    return (attempt) => {
      const ms = Math.min(RETRY_MS_MIN * 2 ** (attempt - 1), RETRY_MS_MAX);
      spentMs = attempt === 1 ? ms : spentMs + ms;
      if (this.#closedBecause !== null) return Promise.reject(new LogClosed(this.#closedBecause));
      if (spentMs > doubtMs) return Promise.reject(new Error('not any longer'));
      return new Promise((resolve) => void scheduler.after(ms, resolve));
    };
  }

  /** As {@link #pauses}, where the time that each try takes counts, too: somebody waits for what became of an append. */
  #timedPauses(): (attempt: number) => Promise<void> {
    const { doubtMs = DOUBT_MS } = this.options;
    const pauses = this.#pauses();
    let startedMs = 0;
    return (attempt) => {
      if (attempt === 1) startedMs = performance.now();
      return performance.now() - startedMs > doubtMs ? Promise.reject(new Error('not any longer')) : pauses(attempt);
    };
  }

  /** What was promised to a holder that is gone was not kept. */
  #forget(writer: PartitionWriter): void {
    const { partition } = writer.lease;
    if (this.#writers.get(partition) !== writer) return;
    this.#writers.delete(partition);
    this.#forgetPromises(partition);
    this.#follow(this.#copyOf(partition, false));
  }

  #forgetPromises(partition: number): void {
    this.journal.forgetPromises((streamId) => partitionOf(streamId, this.partitionCount) === partition);
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
      const refusal = this.refusal();
      if (refusal !== null) throw refusal;
      assertFits(entries);
      assertPlaced(entries, partition, this.partitionCount);
      assertContinues(entries, (streamId) => this.journal.promisedHead(streamId));
    } catch (error) {
      return Promise.reject(error as Error);
    }
    this.journal.promise(entries);
    return writer.append(entries);
  }

  /** Asks the log once for all who ask at the same time. */
  async catchUp(partition: number): Promise<void> {
    if (this.#writers.has(partition)) return;
    this.#copyOf(partition);
    await (this.#catchingUp[partition] as SharedRounds).join();
  }

  async #catchUp(partition: number): Promise<void> {
    if (this.#writers.has(partition)) return;
    const copy = this.#copyOf(partition);
    try {
      // whoever is followed without a break need not be held against the copy
      if ((this.#following.get(partition)?.trouble ?? null) !== null) await readToEnd(this.#log, copy);
      else await readUpTo(this.#log, copy, await this.#log.end(partition));
    } catch (error) {
      if (error instanceof LogCorrupt) {
        await haltFor(this.#log, copy, error);
        throw error;
      }
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
    const later = (again: () => void) => void this.options.scheduler.after(RETRY_MS_MAX, again);
    const ports = { log: this.#log, copy, pauses: () => this.#pauses(), later };
    this.#following.set(partition, new PartitionFollower(ports));
  }

  async #unfollow(partition: number): Promise<void> {
    const follower = this.#following.get(partition);
    this.#following.delete(partition);
    await follower?.end();
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
