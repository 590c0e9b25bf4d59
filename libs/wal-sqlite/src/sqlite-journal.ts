import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AgeOrderedMap } from '@intendant/kernel';
import {
  EMPTY_HEAD,
  type Entry,
  headAfter,
  isLastWord,
  LogCorrupt,
  type StoredEntry,
  type StreamHead,
} from '@intendant/wal';
import Database from 'libsql';
import { type EntryRow, entryOf } from './entry-row.js';
import { KeyFilter } from './key-filter.js';
import { lockDirectory } from './lock.js';
import { LOG_FILE } from './log-file.js';
import { prepareRangeReader, type RangeReader } from './range-reader.js';
import { prepareDatabase, STORE_TABLES } from './schema.js';
import { SqliteStore } from './sqlite-store.js';
import { prepareStatements } from './statements.js';
import { StoreOverlay } from './store-overlay.js';
import { StoreWriter } from './store-writer.js';
import { type Blob, bufferOf, rowsAt } from './stored-bytes.js';
import { checkWriteAheadFile } from './write-ahead-file.js';

/** Moves every commit into the log's one file. */
const EMPTY_WRITE_AHEAD_FILE = 'wal_checkpoint(TRUNCATE)';

/** Changes held in memory before they are written to the store's tables, with the group that is due anyway. */
const OVERLAY_CHANGES_MAX = 2_000;

/** Entries read at once when the store catches up with the journal. */
const FOLD_ROWS = 1_000;

/** Stream heads remembered, so that the usual append asks the database nothing. */
const HEADS_MAX = 20_000;

/** Entries that one writer adds to one partition. */
export interface JournalWrite {
  readonly partition: number;
  readonly epoch: number;
  readonly entries: readonly Entry[];
}

export interface JournalOptions {
  readonly directory: string;
  /** Used when the journal is created; an existing one keeps its own. */
  readonly partitionCount: number;
  /** `FULL`: a commit is durable when it returns. `NORMAL`: a power cut may take the last commits, never one in the middle. */
  readonly synchronous: 'FULL' | 'NORMAL';
}

/**
 * Entries in SQLite, and the partition store beside them. The store follows in memory at once and in its tables every few
 * thousand changes, in one of the journal's own transactions. Knows nothing of leases: who may write is its owner's to say.
 */
export class SqliteJournal {
  readonly store: SqliteStore;
  readonly logId: string;
  readonly partitionCount: number;
  readonly db: Database.Database;
  readonly read: RangeReader;
  /** What a crash left of a commit that was never whole, dropped when the journal was opened; 0 without one. */
  readonly tornBytes: number;
  readonly #unlock: () => void;
  readonly #boundKeys: KeyFilter;
  readonly #overlay = new StoreOverlay((keyDigest) => this.#boundKeys.add(keyDigest));
  readonly #writer: StoreWriter;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #heads = new AgeOrderedMap<StreamHead>();
  readonly #tails = new Map<number, number>();
  /** Up to here the store's tables and the overlay together are the fold of the journal. */
  #lastOrdinal = 0;
  #insertedOrdinal = 0;

  constructor(options: JournalOptions) {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.#unlock = lockDirectory(options.directory);
    const file = join(options.directory, LOG_FILE);
    try {
      this.tornBytes = checkWriteAheadFile(file);
    } catch (error) {
      this.#unlock();
      throw error;
    }
    this.db = new Database(file);
    const meta = this.#orRelease(() => {
      const prepared = prepareDatabase(this.db, options.partitionCount, randomUUID(), options.synchronous);
      // What a crash tore leaves the file, so that it cannot be taken for damage after the next crash.
      this.db.pragma(EMPTY_WRITE_AHEAD_FILE);
      return prepared;
    });
    this.partitionCount = meta.partitionCount;
    this.logId = meta.logId;
    this.#boundKeys = new KeyFilter(this.db, meta.entries);
    this.store = new SqliteStore(this.db, this.#overlay, this.#boundKeys);
    this.#writer = new StoreWriter(this.db);
    this.#statements = prepareStatements(this.db);
    this.read = prepareRangeReader(this.db);
    this.#lastOrdinal = meta.storeOrdinal;
    this.#orRelease(() => this.#foldUncovered());
  }

  /** Leaves the directory to others when the journal cannot be opened. */
  #orRelease<T>(open: () => T): T {
    try {
      return open();
    } catch (error) {
      this.db.close();
      this.#unlock();
      throw error;
    }
  }

  /** Claims a partition in the journal itself: an epoch above every earlier one. */
  claim(partition: number, nonce: string): number {
    this.#statements.claim.run(partition, nonce);
    return (this.#statements.epoch.get(partition) as { epoch: number }).epoch;
  }

  /**
   * Writes entries behind the tails of their partitions in one transaction; `beside` runs in the same. Gives their positions.
   * A failure stores nothing of it; after one that {@link isConflict} denies, the journal must not be written again.
   */
  commit(writes: readonly JournalWrite[], beside: () => void = () => undefined): (readonly number[])[] {
    const due = this.#overlay.changes >= OVERLAY_CHANGES_MAX && this.#mayCover;
    let placed: (readonly number[])[];
    try {
      this.#statements.begin.run();
      if (due) this.#cover();
      placed = writes.map((write) => write.entries.map((entry) => this.#insert(write, entry)));
      beside();
      this.#statements.commit.run();
    } catch (error) {
      this.#forgetUncommitted();
      throw error;
    }
    if (due) this.#overlay.clear();
    for (const { partition, entries } of writes)
      for (const entry of entries) {
        this.#overlay.apply(entry, partition);
        if (isLastWord(entry)) this.#forgetHead(entry);
      }
    this.#lastOrdinal = this.#insertedOrdinal;
    this.#forgetOldHeads();
    return placed;
  }

  #insert({ partition, epoch }: JournalWrite, entry: Entry): number {
    const position = this.tail(partition) + 1;
    const { lastInsertRowid } = this.#statements.insert.run(
      partition,
      position,
      epoch,
      entry.streamId,
      entry.firstSeq,
      entry.recordCount,
      entry.prevHash,
      entry.hash,
      entry.body,
    );
    this.#insertedOrdinal = Number(lastInsertRowid);
    this.#tails.set(partition, position);
    return position;
  }

  /** Writes the overlay into the tables, and up to which entry they reach then. */
  #cover(): void {
    this.#writer.write(this.#overlay);
    this.#statements.cover.run(String(this.#lastOrdinal));
  }

  #writeOverlay(): void {
    this.#statements.begin.run();
    this.#cover();
    this.#statements.commit.run();
    this.#overlay.clear();
  }

  /** Folds the entries that the store's tables do not reach. */
  #foldUncovered(): void {
    for (;;) {
      const rows = this.#statements.after.all(this.#lastOrdinal, FOLD_ROWS) as (EntryRow & { ordinal: number })[];
      for (const row of rows) {
        this.#foldRow(row);
        this.#lastOrdinal = row.ordinal;
      }
      if (rows.length < FOLD_ROWS) return;
      if (this.#overlay.changes >= OVERLAY_CHANGES_MAX && this.#mayCover) this.#writeOverlay();
    }
  }

  /** The tables must not be said to reach beyond an entry that could not be folded: the next start has to meet it again. */
  get #mayCover(): boolean {
    return this.store.damaged.size === 0;
  }

  /** An entry that does not verify halts its partition and no other; what follows it there is not trusted either. */
  #foldRow(row: EntryRow): void {
    if (this.store.damaged.has(row.partition)) return;
    try {
      this.#overlay.apply(entryOf(row), row.partition);
    } catch (error) {
      if (!(error instanceof LogCorrupt)) throw error;
      this.store.damaged.set(row.partition, error);
    }
  }

  /** Throws the store's tables away and folds the whole journal again. */
  rebuildStore(): void {
    try {
      // at once: a process that ends between would leave empty tables that are said to reach far
      this.#statements.begin.run();
      for (const table of STORE_TABLES) this.db.exec(`DELETE FROM ${table}`);
      this.#statements.cover.run('0');
      this.#statements.commit.run();
    } catch (error) {
      this.#forgetUncommitted();
      throw error;
    }
    this.store.damaged.clear();
    this.#overlay.clear();
    this.#lastOrdinal = 0;
    this.#foldUncovered();
  }

  /** Reads must not see what was not committed. */
  #forgetUncommitted(): void {
    this.#tails.clear();
    try {
      if (this.db.inTransaction) this.#statements.rollback.run();
    } catch {
      // the database is past reading, too
    }
  }

  /** Where a stream ends, with what was promised to it; one that begins now is presumed new: its index has the last word. */
  presumedHead(streamId: string, firstSeq: number): StreamHead {
    return this.#heads.get(streamId) ?? (firstSeq === 1 ? EMPTY_HEAD : this.streamHead(streamId));
  }

  /** Takes entries as appended although they are not written yet. */
  promise(entries: readonly Entry[]): void {
    for (const entry of entries) this.#heads.set(entry.streamId, headAfter(entry));
  }

  /** The same for one that must not be presumed anything of. */
  promisedHead(streamId: string): StreamHead {
    return this.#heads.get(streamId) ?? this.streamHead(streamId);
  }

  /** Takes promises back that were not kept. */
  forgetPromises(of: (streamId: string) => boolean = () => true): void {
    for (const streamId of Array.from(this.#heads.keys())) if (of(streamId)) this.#heads.delete(streamId);
  }

  /** Of a stream that has ended, unless more of it is queued: what still comes finds its head in the database. */
  #forgetHead({ streamId, hash }: Entry): void {
    if (this.#heads.get(streamId)?.lastHash === hash) this.#heads.delete(streamId);
  }

  /** A head that is only promised must not be forgotten, for the database does not have it yet; others go on before it. */
  #forgetOldHeads(): void {
    while (this.#heads.size > HEADS_MAX) {
      const oldest = this.#heads.oldestKey as string;
      const head = this.#heads.get(oldest) as StreamHead;
      this.#heads.delete(oldest);
      if (this.streamHead(oldest).nextSeq === head.nextSeq) continue;
      this.#heads.set(oldest, head);
      return;
    }
  }

  /** Streams whose ends are remembered. */
  get headCount(): number {
    return this.#heads.size;
  }

  streamHead(streamId: string): StreamHead {
    const row = this.#statements.head.get(streamId) as { nextSeq: number; lastHash: Blob } | undefined;
    return row === undefined ? EMPTY_HEAD : { nextSeq: row.nextSeq, lastHash: bufferOf(row.lastHash) };
  }

  tail(partition: number): number {
    const known = this.#tails.get(partition);
    if (known !== undefined) return known;
    const position = this.store.applied(partition);
    this.#tails.set(partition, position);
    return position;
  }

  readStream(streamId: string): readonly StoredEntry[] {
    return entriesAt(streamId, () => this.#statements.stream.all(streamId));
  }

  /** Newest entries of a stream first, from before `beforeSeq` on. */
  readStreamBackwards(streamId: string, beforeSeq: number, limit: number): readonly StoredEntry[] {
    return entriesAt(streamId, () => this.#statements.backwards.all(streamId, beforeSeq, limit));
  }

  /** Tenant of a stream, read without checking its hash; undefined when there is no such stream. */
  tenantOfStream(streamId: string): string | undefined {
    const row = this.#statements.attribution.get(streamId) as { start: Blob } | undefined;
    return row === undefined
      ? undefined
      : /"tenantId":"([^"]{1,128})"/.exec(bufferOf(row.start).toString('latin1'))?.[1];
  }

  /** `sound` is false after a failed write: then nothing more is written. */
  close(sound: boolean): void {
    this.#boundKeys.stop();
    if (sound)
      try {
        if (this.#mayCover) this.#writeOverlay();
        // into the one file, where a damaged page is found; frames after a damaged one would be taken for a torn tail
        this.db.pragma(EMPTY_WRITE_AHEAD_FILE);
      } catch {
        // the tables are behind; the next start folds what they do not reach
      }
    this.db.close();
    this.#unlock();
  }
}

const entriesAt = (streamId: string, read: () => unknown[]): readonly StoredEntry[] =>
  (rowsAt(() => `stream ${streamId}`, read) as EntryRow[]).map(entryOf);

/** Whether a commit failed because an entry's place is taken. */
export const isConflict = (error: unknown): boolean =>
  String((error as { code?: string }).code).startsWith('SQLITE_CONSTRAINT');
