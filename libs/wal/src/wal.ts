import type { Entry, StoredEntry, StreamHead } from './entry.js';
import type { UnfitLog } from './errors.js';
import type { PartitionStore } from './partition-store.js';

/** The right to append to a partition until a higher epoch is claimed. */
export interface Lease {
  readonly partition: number;
  readonly epoch: number;
  /** Tells two claims of the same epoch apart. */
  readonly nonce: string;
}

/** What the log really promises, said plainly. */
export interface WalDescription {
  readonly backend: 'memory' | 'sqlite' | 'redis' | 'kafka';
  /** The point after which an append counts as durable. */
  readonly durability: string;
  /** False for a log that a power cut or restart empties. */
  readonly survivesPowerLoss: boolean;
  readonly partitionCount: number;
}

/**
 * Write-ahead log with one writer per partition.
 *
 * - `append` resolves with positions once every entry is durable, all or none of them. {@link Fenced},
 *   `BrokenChain` and `LogClosed` mean nothing was stored; `AppendInDoubt` means nobody can tell, and no later append under
 *   this lease will be acknowledged. The embedded log takes none at all then. `UnfitLog` and `AppendTooLarge` mean that nothing
 *   was stored and that the lease is as good as before.
 * - Positions are dense from 1 per partition. Reads return what is durable, verified against its hash.
 */
export interface Wal {
  describe(): WalDescription;
  /** Claims the partition: an epoch above every earlier one. The previous holder is fenced from here on. */
  acquire(partition: number): Promise<Lease>;
  append(lease: Lease, entries: readonly Entry[]): Promise<readonly number[]>;
  /**
   * Up to `limit` entries from `fromPosition` on, in order. With `bytesMax` no more than bodies of so many bytes come together,
   * and no less than one entry: whoever reads in a small memory must give it, and fewer than `limit` say nothing then.
   */
  read(partition: number, fromPosition: number, limit: number, bytesMax?: number): Promise<readonly StoredEntry[]>;
  /** Every entry of a stream in order; empty when there is none. */
  readStream(streamId: string): Promise<readonly StoredEntry[]>;
  /** Where the stream ends. */
  streamHead(streamId: string): Promise<StreamHead>;
  /** Position of the last entry, 0 when the partition is empty. */
  tail(partition: number): Promise<number>;
  /** What every append and claim is refused with at the moment, or null: the servers keep less than is promised. */
  refusal(): UnfitLog | null;
  close(): Promise<void>;
}

/** A log with the index that a Runtime serves from. */
export interface IndexedWal extends Wal {
  readonly logId: string;
  /** Folds every entry that can be read here. */
  readonly store: PartitionStore;
  /** Why no partition takes appends any more in this process, or null. */
  readonly closedBecause: string | null;
  /** Why appends cannot be promised at the moment, or null: the servers are weaker than they must be, or out of reach. */
  unfit(): string | null;
  /** Lets appends under way end and takes no more under this lease; another process may claim the partition at once. */
  release(lease: Lease): Promise<void>;
  /** Newest entries of a stream first, from before `beforeSeq` on. */
  readStreamBackwards(streamId: string, beforeSeq?: number, limit?: number): Promise<readonly StoredEntry[]>;
  /** Tenant of a stream, read without checking its hash; undefined when there is no such stream. */
  tenantOfStream(streamId: string): Promise<string | undefined>;
  /**
   * Resolves when everything can be read here that was acknowledged, by whichever process, before the call. At once for a
   * partition that this process holds.
   */
  catchUp(partition: number): Promise<void>;
  /** Told of entries that another process wrote, once they can be read here; returns how to end that. */
  onFollowed(listener: (entries: readonly StoredEntry[]) => void): () => void;
  close(): Promise<void>;
}
