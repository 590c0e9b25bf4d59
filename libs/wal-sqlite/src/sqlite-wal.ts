import { randomUUID } from 'node:crypto';
import {
  AppendInDoubt,
  assertContinues,
  assertFits,
  assertPartition,
  assertPlaced,
  BrokenChain,
  type Entry,
  Fenced,
  type IndexedWal,
  type Lease,
  LogClosed,
  type WalDescription,
} from '@intendant/wal';
import { JournalReads } from './journal-reads.js';
import { isConflict, SqliteJournal } from './sqlite-journal.js';

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
 * one transaction, hence one sync.
 */
export class SqliteWal extends JournalReads implements IndexedWal {
  readonly logId: string;
  readonly #epochs = new Map<number, number>();
  readonly #onFatal: (error: Error) => void;
  #queue: Waiting[] = [];
  #flushing = false;
  #closedBecause: string | null = null;
  #closed = false;

  constructor({ directory, partitionCount = 16, onFatal }: SqliteWalOptions) {
    super(new SqliteJournal({ directory, partitionCount, synchronous: 'FULL' }));
    this.#onFatal = onFatal;
    this.logId = this.journal.logId;
  }

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
    const epoch = this.journal.claim(partition, nonce);
    this.#epochs.set(partition, epoch);
    return { partition, epoch, nonce };
  }

  append(lease: Lease, entries: readonly Entry[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      if (this.#closedBecause !== null) return reject(new LogClosed(this.#closedBecause));
      if (this.#epochs.get(lease.partition) !== lease.epoch) return reject(new Fenced(lease.partition, lease.epoch));
      try {
        assertFits(entries);
        assertPlaced(entries, lease.partition, this.partitionCount);
        assertContinues(entries, (streamId, firstSeq) => this.journal.presumedHead(streamId, firstSeq));
      } catch (error) {
        return reject(error as Error);
      }
      this.journal.promise(entries);
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
    let placed: (readonly number[])[];
    try {
      placed = this.journal.commit(group.map(({ lease, entries }) => ({ ...lease, entries })));
    } catch (error) {
      if (isConflict(error)) this.#flushWithoutConflicts(group);
      else this.#fail(group, error as Error);
      return;
    }
    group.forEach((waiting, index) => {
      waiting.resolve(placed[index] as readonly number[]);
    });
  }

  /** A stream that was presumed new exists: its batch is refused, the others of the group are written. */
  #flushWithoutConflicts(group: readonly Waiting[]): void {
    const exists = ({ streamId, firstSeq }: Entry): boolean =>
      firstSeq === 1 && this.journal.streamHead(streamId).nextSeq > 1;
    const sound = group.filter(({ entries, reject }) => {
      const taken = entries.find(exists);
      if (taken === undefined) return true;
      const streams = new Set(entries.map((entry) => entry.streamId));
      this.journal.forgetPromises((streamId) => streams.has(streamId));
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

  /** A failed write or sync ends all appending: what the kernel still holds of it cannot be known. */
  #fail(group: readonly Waiting[], error: Error): void {
    this.#closedBecause = error.message;
    this.journal.forgetPromises();
    for (const waiting of [...group, ...this.#queue]) waiting.reject(new AppendInDoubt(error));
    this.#queue = [];
    this.#onFatal(error);
  }

  /** Throws the store's tables away and folds the whole journal again. */
  rebuildStore(): void {
    this.#flush();
    this.journal.rebuildStore();
  }

  refusal(): null {
    return null;
  }

  unfit(): null {
    return null;
  }

  async release(lease: Lease): Promise<void> {
    if (this.#epochs.get(lease.partition) !== lease.epoch) return;
    this.#flush();
    this.#epochs.delete(lease.partition);
  }

  /** Nobody else writes it. */
  async catchUp(): Promise<void> {}

  onFollowed(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#closedBecause === null) this.#flush();
    const sound = this.#closedBecause === null;
    this.#closedBecause ??= 'closed';
    this.journal.close(sound);
  }
}
