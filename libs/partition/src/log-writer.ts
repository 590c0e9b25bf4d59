import { type Failure, FailureError, failure } from '@intendant/intent-model';
import type { Clock } from '@intendant/kernel';
import {
  type Attribution,
  type Entry,
  encodeEntry,
  Fenced,
  headAfter,
  type Lease,
  partitionOf,
  type RecordDraft,
  type StoredEntry,
  type StreamHead,
  type Wal,
} from '@intendant/wal';

/** Told of every entry once it is durable, in the order of their streams. */
export type EntryListener = (entry: Entry) => void;

/** Appends to streams whose partitions other processes hold. */
export interface RemoteAppends {
  /**
   * Has the drafts appended by whoever holds the stream; behind `firstSeq` when it is given, or not at all. Null when nothing
   * was appended and it is worth asking again: the partition changed hands, or the stream went on.
   */
  append(
    streamId: string,
    attribution: Attribution,
    drafts: readonly RecordDraft[],
    firstSeq: number | null,
  ): Promise<Entry | null>;
  /** Resolves when everything that was acknowledged in a partition can be read here. */
  catchUp(partition: number): Promise<void>;
}

/** How long an append waits for a stream whose partition moves from one process to another. */
const MOVING_MS_MAX = 8_000;

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
    /** Without it every stream is written here or not at all. */
    private readonly remote: RemoteAppends | null = null,
  ) {
    this.partitionCount = wal.describe().partitionCount;
  }

  /** Claims a partition for this process. */
  async claim(partition: number): Promise<Lease> {
    const lease = await this.wal.acquire(partition);
    this.#leases.set(partition, lease);
    return lease;
  }

  /** Claims every partition of the log for this process. */
  async claimAll(): Promise<readonly Lease[]> {
    for (let partition = 0; partition < this.partitionCount; partition += 1) await this.claim(partition);
    return [...this.#leases.values()];
  }

  /** Forgets the lease of a partition, and gives it back. */
  giveUp(partition: number): Lease | undefined {
    const lease = this.#leases.get(partition);
    this.#leases.delete(partition);
    return lease;
  }

  /** Whether this process may append to the stream. */
  holds(streamId: string): boolean {
    return this.#leases.has(partitionOf(streamId, this.partitionCount));
  }

  /** Entries of a stream with everything that was acknowledged before, whoever holds it. */
  async readStream(streamId: string): Promise<readonly StoredEntry[]> {
    await this.catchUp(streamId);
    return this.wal.readStream(streamId);
  }

  /** Resolves when everything that was acknowledged in the stream's partition can be read here. */
  async catchUp(streamId: string): Promise<void> {
    if (this.remote !== null && !this.holds(streamId))
      await this.remote.catchUp(partitionOf(streamId, this.partitionCount));
  }

  /** Partitions of this process. */
  get held(): readonly Lease[] {
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
    const sinceMs = this.clock.nowMs();
    while (this.remote !== null && !this.holds(streamId)) {
      const entry = await this.#appendElsewhere(this.remote, streamId, attribution, drafts);
      if (entry !== null) return entry;
      if (this.clock.nowMs() - sinceMs > MOVING_MS_MAX) throw new FailureError(movingFailure());
    }
    return this.#appendHere(streamId, attribution, drafts);
  }

  async #appendHere(
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

  async #appendElsewhere(
    remote: RemoteAppends,
    streamId: string,
    attribution: Attribution,
    drafts: readonly RecordDraft[] | ((head: StreamHead) => readonly RecordDraft[]),
  ): Promise<Entry | null> {
    if (typeof drafts !== 'function') return remote.append(streamId, attribution, drafts, null);
    await this.catchUp(streamId);
    const head = await this.wal.streamHead(streamId);
    return remote.append(streamId, attribution, drafts(head), head.nextSeq);
  }

  onEntry(listener: EntryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #leaseOf(streamId: string): Lease {
    const partition = partitionOf(streamId, this.partitionCount);
    const lease = this.#leases.get(partition);
    if (lease === undefined) throw new Fenced(partition, null);
    return lease;
  }
}

/** A partition changed hands between two looks. */
export const movingFailure = (): Failure =>
  failure('partition_unavailable', 'the partition is changing hands', { retryAfterMs: 1_000 });

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
