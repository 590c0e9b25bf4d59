import type { JsonValue } from '@intendant/kernel';
import type { Entry, StoredEntry } from '../entry.js';
import type { KeyRow, PartitionStore, ReferenceRow, StoreChange } from '../partition-store.js';
import { changesOf } from '../store-changes.js';
import type { Lease, Wal } from '../wal.js';

/** The partition store as plain maps: the fold that every backend's store must agree with. */
export class MemoryPartitionStore implements PartitionStore {
  readonly #keys = new Map<string, KeyRow>();
  readonly #live = new Map<string, number>();
  readonly #references = new Map<string, ReferenceRow>();
  readonly #state = new Map<string, JsonValue>();
  readonly #refusals = new Map<string, number>();
  readonly #applied = new Map<number, number>();

  apply(entry: StoredEntry): void {
    for (const change of changesOf(entry)) this.#applyChange(change, entry.partition);
    this.#applied.set(entry.partition, entry.position);
  }

  #applyChange(change: StoreChange, partition: number): void {
    switch (change.kind) {
      case 'key': {
        const { kind: _kind, ...row } = change;
        this.#keys.set(change.keyDigest, row);
        return;
      }
      case 'live':
        if (change.live) this.#live.set(change.executionId, partition);
        else this.#live.delete(change.executionId);
        return;
      case 'reference': {
        const { kind: _kind, ...row } = change;
        this.#references.set(JSON.stringify([row.tenantId, row.reference, row.ownerUserId]), row);
        return;
      }
      case 'state':
        this.#state.set(JSON.stringify([change.ownerId, change.key]), change.value);
        return;
      case 'refusal':
        this.#refusals.set(JSON.stringify([change.tenantId, change.refusalId]), change.seq);
    }
  }

  keyHolder(keyDigest: string): KeyRow | undefined {
    return this.#keys.get(keyDigest);
  }

  liveExecutions(partition: number): readonly string[] {
    return [...this.#live].filter(([, home]) => home === partition).map(([executionId]) => executionId);
  }

  references(tenantId: string, reference: string): readonly ReferenceRow[] {
    return [...this.#references.values()].filter((row) => row.tenantId === tenantId && row.reference === reference);
  }

  state(ownerId: string, key: string): JsonValue | undefined {
    return this.#state.get(JSON.stringify([ownerId, key]));
  }

  refusalSeq(tenantId: string, refusalId: string): number | undefined {
    return this.#refusals.get(JSON.stringify([tenantId, refusalId]));
  }

  applied(partition: number): number {
    return this.#applied.get(partition) ?? 0;
  }
}

/** A log that keeps `store` in step: an entry is in the store before its append resolves. */
export function storeBeside(wal: Wal, store: MemoryPartitionStore): Wal {
  return {
    describe: () => wal.describe(),
    acquire: (partition) => wal.acquire(partition),
    append: async (lease: Lease, entries: readonly Entry[]) => {
      const positions = await wal.append(lease, entries);
      const { partition, epoch } = lease;
      entries.forEach((entry, index) => {
        store.apply({ ...entry, partition, epoch, position: positions[index] as number });
      });
      return positions;
    },
    read: (partition, fromPosition, limit, bytesMax) => wal.read(partition, fromPosition, limit, bytesMax),
    readStream: (streamId) => wal.readStream(streamId),
    streamHead: (streamId) => wal.streamHead(streamId),
    tail: (partition) => wal.tail(partition),
    refusal: () => wal.refusal(),
    close: () => wal.close(),
  };
}
