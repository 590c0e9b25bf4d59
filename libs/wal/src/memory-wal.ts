import { assertContinues, assertFits, assertPartition, assertPlaced } from './append-checks.js';
import { EMPTY_HEAD, type Entry, headAfter, type StoredEntry, type StreamHead } from './entry.js';
import { Fenced, LogClosed } from './errors.js';
import type { Lease, Wal, WalDescription } from './wal.js';

/** Reference implementation: what the other backends must agree with. Keeps nothing over a restart, and says so. */
export class MemoryWal implements Wal {
  readonly #partitions: StoredEntry[][];
  readonly #leases = new Map<number, Lease>();
  readonly #heads = new Map<string, StreamHead>();
  readonly #streams = new Map<string, StoredEntry[]>();
  #closed = false;

  constructor(private readonly partitionCount = 16) {
    this.#partitions = Array.from({ length: partitionCount }, () => []);
  }

  describe(): WalDescription {
    return {
      backend: 'memory',
      durability: 'none: entries live as long as the process',
      survivesPowerLoss: false,
      partitionCount: this.partitionCount,
    };
  }

  async acquire(partition: number): Promise<Lease> {
    assertPartition(partition, this.partitionCount);
    if (this.#closed) throw new LogClosed('closed');
    const epoch = (this.#leases.get(partition)?.epoch ?? 0) + 1;
    const lease = { partition, epoch, nonce: `memory-${epoch}` };
    this.#leases.set(partition, lease);
    return lease;
  }

  async append(lease: Lease, entries: readonly Entry[]): Promise<readonly number[]> {
    if (this.#closed) throw new LogClosed('closed');
    if (this.#leases.get(lease.partition)?.epoch !== lease.epoch) throw new Fenced(lease.partition, lease.epoch);
    assertFits(entries);
    assertPlaced(entries, lease.partition, this.partitionCount);
    assertContinues(entries, (streamId) => this.#heads.get(streamId) ?? EMPTY_HEAD);
    const log = this.#partitions[lease.partition] as StoredEntry[];
    return entries.map((entry) => {
      const stored = { ...entry, partition: lease.partition, position: log.length + 1, epoch: lease.epoch };
      log.push(stored);
      this.#heads.set(entry.streamId, headAfter(entry));
      this.#streams.set(entry.streamId, [...(this.#streams.get(entry.streamId) ?? []), stored]);
      return stored.position;
    });
  }

  async read(
    partition: number,
    fromPosition: number,
    limit: number,
    bytesMax = Number.POSITIVE_INFINITY,
  ): Promise<readonly StoredEntry[]> {
    const start = Math.max(fromPosition, 1) - 1;
    const entries = (this.#partitions[partition] as StoredEntry[]).slice(start, start + limit);
    let bytes = 0;
    const tooMany = entries.findIndex(({ body }) => {
      bytes += body.length;
      return bytes > bytesMax;
    });
    return tooMany === -1 ? entries : entries.slice(0, Math.max(1, tooMany));
  }

  async readStream(streamId: string): Promise<readonly StoredEntry[]> {
    return this.#streams.get(streamId) ?? [];
  }

  async streamHead(streamId: string): Promise<StreamHead> {
    return this.#heads.get(streamId) ?? EMPTY_HEAD;
  }

  async tail(partition: number): Promise<number> {
    return (this.#partitions[partition] as StoredEntry[]).length;
  }

  refusal(): null {
    return null;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
