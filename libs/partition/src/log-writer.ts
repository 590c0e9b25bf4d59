import type { Clock } from '@intendant/kernel';
import {
  type Attribution,
  type Entry,
  encodeEntry,
  headAfter,
  type Lease,
  partitionOf,
  type RecordDraft,
  type StreamHead,
  type Wal,
} from '@intendant/wal';

/** Told of every entry once it is durable, in the order of their streams. */
export type EntryListener = (entry: Entry) => void;

/** The only way into the log: holds the leases, places drafts, and tells listeners after the sync. */
export class LogWriter {
  readonly partitionCount: number;
  readonly #leases = new Map<number, Lease>();
  readonly #listeners = new Set<EntryListener>();
  /** Ends of shared streams with appends in flight, so that concurrent appends line up. */
  readonly #tails = new Map<string, Promise<StreamHead>>();

  constructor(
    readonly wal: Wal,
    private readonly clock: Clock,
  ) {
    this.partitionCount = wal.describe().partitionCount;
  }

  /** Claims every partition of the log for this process. */
  async claimAll(): Promise<readonly Lease[]> {
    for (let partition = 0; partition < this.partitionCount; partition += 1)
      this.#leases.set(partition, await this.wal.acquire(partition));
    return [...this.#leases.values()];
  }

  epochOf(streamId: string): number {
    return this.#leaseOf(streamId).epoch;
  }

  /** Places drafts after a head that the caller owns. */
  encode(streamId: string, head: StreamHead, attribution: Attribution, drafts: readonly RecordDraft[]): Entry {
    return encodeEntry(streamId, head, attribution, new Date(this.clock.nowMs()).toISOString(), drafts);
  }

  /** Appends entries of one partition atomically; resolves once they are durable. */
  async commit(entries: readonly Entry[]): Promise<void> {
    await this.wal.append(this.#leaseOf((entries[0] as Entry).streamId), entries);
    for (const entry of entries) for (const listener of this.#listeners) tell(listener, entry);
  }

  /** Appends to a stream that many may write: sessions, contracts, refusals, audit. Drafts may depend on their place. */
  async append(
    streamId: string,
    attribution: Attribution,
    drafts: readonly RecordDraft[] | ((head: StreamHead) => readonly RecordDraft[]),
  ): Promise<Entry> {
    const before = this.#tails.get(streamId) ?? this.wal.streamHead(streamId);
    const placed = before.then((head) =>
      this.encode(streamId, head, attribution, typeof drafts === 'function' ? drafts(head) : drafts),
    );
    // what could not be placed leaves the stream where it was, for those who wait behind it
    const after = placed.then(headAfter, () => before);
    after.catch(() => undefined);
    this.#tails.set(streamId, after);
    try {
      const entry = await placed;
      await this.commit([entry]);
      return entry;
    } finally {
      if (this.#tails.get(streamId) === after) this.#tails.delete(streamId);
    }
  }

  onEntry(listener: EntryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #leaseOf(streamId: string): Lease {
    const lease = this.#leases.get(partitionOf(streamId, this.partitionCount));
    if (lease === undefined) throw new Error(`no lease for the partition of ${streamId}`);
    return lease;
  }
}

/** The entry is durable whatever a listener makes of it: its failure is a defect of its own, not of the append. */
function tell(listener: EntryListener, entry: Entry): void {
  try {
    listener(entry);
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}
