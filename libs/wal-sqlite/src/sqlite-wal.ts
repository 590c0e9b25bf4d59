import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  AppendInDoubt,
  assertContinues,
  assertPartition,
  assertPlaced,
  BrokenChain,
  EMPTY_HEAD,
  type Entry,
  Fenced,
  headAfter,
  isLastWord,
  type Lease,
  LogClosed,
  LogCorrupt,
  type StoredEntry,
  type StreamHead,
  type Wal,
  type WalDescription,
} from '@intendant/wal';
import Database from 'libsql';
import { type Blob, bufferOf, type EntryRow, entryOf } from './entry-row.js';
import { KeyFilter } from './key-filter.js';
import { lockDirectory } from './lock.js';
import { prepareDatabase, STORE_TABLES } from './schema.js';
import { SqliteStore } from './sqlite-store.js';
import { prepareStatements } from './statements.js';
import { StoreOverlay } from './store-overlay.js';
import { StoreWriter } from './store-writer.js';
import { checkWriteAheadFile } from './write-ahead-file.js';

export const LOG_FILE = 'log.db';

/** Moves every commit into the log's one file. */
const EMPTY_WRITE_AHEAD_FILE = 'wal_checkpoint(TRUNCATE)';

/** Changes held in memory before they are written to the store's tables, with the group that is due anyway. */
const OVERLAY_CHANGES_MAX = 2_000;

/** Entries read at once when the store catches up with the journal. */
const FOLD_ROWS = 1_000;

/** Stream heads remembered, so that the usual append asks the database nothing. */
const HEADS_MAX = 20_000;

interface Waiting {
  readonly lease: Lease;
  readonly entries: readonly Entry[];
  readonly resolve: (positions: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

export interface SqliteWalOptions {
  readonly directory: string;
  /** Used when the log is created; an existing log keeps its own. */
  readonly partitionCount?: number;
  /** Called once when an append failed: the process must end, nothing will be acknowledged any more. */
  readonly onFatal: (error: Error) => void;
}

/**
 * The embedded log: SQLite in WAL mode with `synchronous=FULL`. Appends that arrive in one turn of the event loop share
 * one transaction, hence one sync. The partition store follows in memory at once and in its tables every few thousand
 * changes, in one of these transactions.
 */
export class SqliteWal implements Wal {
  readonly store: SqliteStore;
  readonly logId: string;
  readonly partitionCount: number;
  readonly #db: Database.Database;
  readonly #unlock: () => void;
  readonly #boundKeys: KeyFilter;
  readonly #overlay = new StoreOverlay((keyDigest) => this.#boundKeys.add(keyDigest));
  readonly #writer: StoreWriter;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #heads = new Map<string, StreamHead>();
  readonly #epochs = new Map<number, number>();
  readonly #tails = new Map<number, number>();
  readonly #onFatal: (error: Error) => void;
  /** Up to here the store's tables and the overlay together are the fold of the journal. */
  #lastOrdinal = 0;
  #insertedOrdinal = 0;
  #queue: Waiting[] = [];
  #flushing = false;
  #closedBecause: string | null = null;
  #closed = false;

  constructor(options: SqliteWalOptions) {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.#unlock = lockDirectory(options.directory);
    this.#onFatal = options.onFatal;
    const file = join(options.directory, LOG_FILE);
    try {
      checkWriteAheadFile(file);
    } catch (error) {
      this.#unlock();
      throw error;
    }
    this.#db = new Database(file);
    const meta = this.#orRelease(() => {
      const prepared = prepareDatabase(this.#db, options.partitionCount ?? 16, randomUUID());
      // What a crash tore leaves the file, so that it cannot be taken for damage after the next crash.
      this.#db.pragma(EMPTY_WRITE_AHEAD_FILE);
      return prepared;
    });
    this.partitionCount = meta.partitionCount;
    this.logId = meta.logId;
    this.#boundKeys = new KeyFilter(this.#db, meta.entries);
    this.store = new SqliteStore(this.#db, this.#overlay, this.#boundKeys);
    this.#writer = new StoreWriter(this.#db);
    this.#statements = prepareStatements(this.#db);
    this.#lastOrdinal = meta.storeOrdinal;
    this.#orRelease(() => this.#foldUncovered());
  }

  /** Leaves the directory to others when the log cannot be opened. */
  #orRelease<T>(open: () => T): T {
    try {
      return open();
    } catch (error) {
      this.#db.close();
      this.#unlock();
      throw error;
    }
  }

  /** Why appends are refused, or null. */
  get closedBecause(): string | null {
    return this.#closedBecause;
  }

  describe(): WalDescription {
    return {
      backend: 'sqlite',
      durability: 'SQLite WAL, synchronous=FULL: an append is acknowledged after fsync of the write-ahead file',
      survivesPowerLoss: true,
      partitionCount: this.partitionCount,
    };
  }

  async acquire(partition: number): Promise<Lease> {
    assertPartition(partition, this.partitionCount);
    if (this.#closedBecause !== null) throw new LogClosed(this.#closedBecause);
    // what the old epoch was promised comes before the claim, or not at all
    this.#flush();
    const nonce = randomUUID();
    this.#statements.claim.run(partition, nonce);
    const { epoch } = this.#statements.epoch.get(partition) as { epoch: number };
    this.#epochs.set(partition, epoch);
    return { partition, epoch, nonce };
  }

  append(lease: Lease, entries: readonly Entry[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      if (this.#closedBecause !== null) return reject(new LogClosed(this.#closedBecause));
      if (this.#epochs.get(lease.partition) !== lease.epoch) return reject(new Fenced(lease.partition, lease.epoch));
      try {
        assertPlaced(entries, lease.partition, this.partitionCount);
        assertContinues(entries, (streamId, firstSeq) => this.#presumedHead(streamId, firstSeq));
      } catch (error) {
        return reject(error as Error);
      }
      for (const entry of entries) this.#rememberHead(entry);
      this.#queue.push({ lease, entries, resolve, reject });
      if (!this.#flushing) {
        this.#flushing = true;
        setImmediate(() => this.#flush());
      }
    });
  }

  #flush(): void {
    const group = this.#queue;
    this.#queue = [];
    this.#flushing = false;
    if (group.length === 0) return;
    const due = this.#overlay.changes >= OVERLAY_CHANGES_MAX && this.#mayCover;
    let placed: (readonly number[])[];
    try {
      this.#statements.begin.run();
      if (due) this.#writer.write(this.#overlay, this.#lastOrdinal);
      placed = group.map((waiting) => waiting.entries.map((entry) => this.#insert(waiting.lease, entry)));
      this.#statements.commit.run();
    } catch (error) {
      if (isConflict(error)) this.#flushWithoutConflicts(group);
      else this.#fail(group, error as Error);
      return;
    }
    if (due) this.#overlay.clear();
    for (const { lease, entries } of group)
      for (const entry of entries) {
        this.#overlay.apply(entry, lease.partition);
        if (isLastWord(entry)) this.#forgetHead(entry);
      }
    this.#lastOrdinal = this.#insertedOrdinal;
    group.forEach((waiting, index) => {
      waiting.resolve(placed[index] as readonly number[]);
    });
    if (this.#queue.length === 0) this.#forgetOldHeads();
  }

  /** A stream that was presumed new exists: its batch is refused, the others of the group are written. */
  #flushWithoutConflicts(group: readonly Waiting[]): void {
    this.#statements.rollback.run();
    this.#tails.clear();
    const sound = group.filter(({ entries, reject }) => {
      const taken = entries.find((entry) => entry.firstSeq === 1 && this.#readHead(entry.streamId).nextSeq > 1);
      if (taken === undefined) return true;
      for (const entry of entries) this.#heads.delete(entry.streamId);
      reject(new BrokenChain(taken.streamId, 'starts at seq 1, the stream exists'));
      return false;
    });
    if (sound.length === group.length) {
      this.#fail(group, new Error('a conflict without a stream that exists'));
      return;
    }
    this.#queue = [...sound, ...this.#queue];
    this.#flush();
  }

  #insert(lease: Lease, entry: Entry): number {
    const position = this.#tailOf(lease.partition) + 1;
    const { lastInsertRowid } = this.#statements.insert.run(
      lease.partition,
      position,
      lease.epoch,
      entry.streamId,
      entry.firstSeq,
      entry.recordCount,
      entry.prevHash,
      entry.hash,
      entry.body,
    );
    this.#insertedOrdinal = Number(lastInsertRowid);
    this.#tails.set(lease.partition, position);
    return position;
  }

  #writeOverlay(): void {
    this.#statements.begin.run();
    this.#writer.write(this.#overlay, this.#lastOrdinal);
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
    this.#flush();
    this.store.damaged.clear();
    this.#overlay.clear();
    this.#lastOrdinal = 0;
    for (const table of STORE_TABLES) this.#db.exec(`DELETE FROM ${table}`);
    this.#writeOverlay();
    this.#foldUncovered();
  }

  /** A failed write or sync ends all appending: what the kernel still holds of it cannot be known. */
  #fail(group: readonly Waiting[], error: Error): void {
    this.#closedBecause = error.message;
    this.#forgetUncommitted();
    for (const waiting of [...group, ...this.#queue]) waiting.reject(new AppendInDoubt(error));
    this.#queue = [];
    this.#onFatal(error);
  }

  /** Reads must not see what is in doubt. */
  #forgetUncommitted(): void {
    this.#heads.clear();
    this.#tails.clear();
    try {
      if (this.#db.inTransaction) this.#statements.rollback.run();
    } catch {
      // the database is past reading, too
    }
  }

  /** A first entry of an unknown stream is presumed to be just that; the unique index has the last word. */
  #presumedHead(streamId: string, firstSeq: number): StreamHead {
    return this.#heads.get(streamId) ?? (firstSeq === 1 ? EMPTY_HEAD : this.#readHead(streamId));
  }

  #readHead(streamId: string): StreamHead {
    const row = this.#statements.head.get(streamId) as { nextSeq: number; lastHash: Blob } | undefined;
    return row === undefined ? EMPTY_HEAD : { nextSeq: row.nextSeq, lastHash: bufferOf(row.lastHash) };
  }

  #rememberHead(entry: Entry): void {
    this.#heads.set(entry.streamId, headAfter(entry));
  }

  /** Of a stream that has ended, unless more of it is queued: what still comes finds its head in the database. */
  #forgetHead({ streamId, hash }: Entry): void {
    if (this.#heads.get(streamId)?.lastHash === hash) this.#heads.delete(streamId);
  }

  /** Only when nothing is queued: a head that is not yet in the database must not be forgotten. */
  #forgetOldHeads(): void {
    for (const streamId of this.#heads.keys()) {
      if (this.#heads.size <= HEADS_MAX) return;
      this.#heads.delete(streamId);
    }
  }

  #tailOf(partition: number): number {
    const known = this.#tails.get(partition);
    if (known !== undefined) return known;
    const position = this.store.applied(partition);
    this.#tails.set(partition, position);
    return position;
  }

  async read(partition: number, fromPosition: number, limit: number): Promise<readonly StoredEntry[]> {
    return (this.#statements.range.all(partition, fromPosition, Math.max(fromPosition, 1) + limit) as EntryRow[]).map(
      entryOf,
    );
  }

  async readStream(streamId: string): Promise<readonly StoredEntry[]> {
    return (this.#statements.stream.all(streamId) as EntryRow[]).map(entryOf);
  }

  /** Newest entries of a stream first, from before `beforeSeq` on. */
  async readStreamBackwards(
    streamId: string,
    beforeSeq = Number.MAX_SAFE_INTEGER,
    limit = 100,
  ): Promise<readonly StoredEntry[]> {
    return (this.#statements.backwards.all(streamId, beforeSeq, limit) as EntryRow[]).map(entryOf);
  }

  /** Tenant of a stream, read without checking its hash; undefined when there is no such stream. */
  async tenantOfStream(streamId: string): Promise<string | undefined> {
    const row = this.#statements.firstBody.get(streamId) as { body: Blob } | undefined;
    return row === undefined
      ? undefined
      : /"tenantId":"([^"]{1,128})"/.exec(bufferOf(row.body).toString('latin1'))?.[1];
  }

  async streamHead(streamId: string): Promise<StreamHead> {
    return this.#readHead(streamId);
  }

  async tail(partition: number): Promise<number> {
    return this.#tailOf(partition);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#boundKeys.stop();
    if (this.#closedBecause === null) this.#flush();
    if (this.#closedBecause === null) {
      this.#closedBecause = 'closed';
      try {
        if (this.#mayCover) this.#writeOverlay();
        // into the one file, where a damaged page is found; frames after a damaged one would be taken for a torn tail
        this.#db.pragma(EMPTY_WRITE_AHEAD_FILE);
      } catch {
        // the tables are behind; the next start folds what they do not reach
      }
    }
    this.#db.close();
    this.#unlock();
  }
}

const isConflict = (error: unknown): boolean =>
  String((error as { code?: string }).code).startsWith('SQLITE_CONSTRAINT');
