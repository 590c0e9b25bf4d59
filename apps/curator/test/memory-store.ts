import type { RegisteredCapability } from '@intendant/intent-model';
import { StaleRevision, type StoredRegistry } from '../src/storage/capability-store.js';

/** What PostgreSQL keeps for a registry, shared by the processes that are given the same one. */
export class MemoryStore {
  #stored: StoredRegistry = { revision: 0, capabilities: [] };
  /** Writes fail with this while it is set. */
  failsWith: Error | undefined;

  async load(): Promise<StoredRegistry> {
    return this.#stored;
  }

  async raise(expected: number, added: readonly RegisteredCapability[]): Promise<number> {
    if (this.failsWith !== undefined) throw this.failsWith;
    if (expected !== this.#stored.revision) throw new StaleRevision(expected);
    this.#stored = { revision: expected + 1, capabilities: [...this.#stored.capabilities, ...added] };
    return expected + 1;
  }
}
