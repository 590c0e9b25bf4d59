import type { JsonValue } from '@intendant/kernel';
import { changesOf, type Entry, type KeyRow, type ReferenceRow, type StoreChange } from '@intendant/wal';

/** Two parts of a key in one string; the separator is in neither. */
export const pairKey = (left: string, right: string): string => `${left}\u0000${right}`;

/**
 * What entries changed since the tables were last written. The tables and this together are the fold of the journal; a
 * restart reads the few entries that the tables do not cover.
 */
export class StoreOverlay {
  readonly keys = new Map<string, KeyRow>();
  /** Executions that went live or settled: partition, whether they live, and whether they began since the tables were written. */
  readonly live = new Map<string, { readonly partition: number; readonly live: boolean; readonly isNew: boolean }>();
  readonly references = new Map<string, Map<string, ReferenceRow>>();
  readonly states = new Map<string, JsonValue>();
  readonly refusals = new Map<string, number>();
  #changes = 0;

  /** Told of every key that is bound. */
  constructor(private readonly onKey: (keyDigest: string) => void) {}

  /** Changes taken in; a measure of how much there is to write. */
  get changes(): number {
    return this.#changes;
  }

  apply(entry: Entry, partition: number): void {
    for (const change of changesOf(entry)) this.#applyChange(change, partition, entry.firstSeq === 1);
  }

  clear(): void {
    for (const map of [this.keys, this.live, this.references, this.states, this.refusals]) map.clear();
    this.#changes = 0;
  }

  #applyChange(change: StoreChange, partition: number, isFirst: boolean): void {
    this.#changes += 1;
    switch (change.kind) {
      case 'key':
        this.keys.set(change.keyDigest, change);
        this.onKey(change.keyDigest);
        return;
      case 'live': {
        const isNew = this.live.get(change.executionId)?.isNew ?? isFirst;
        // An execution that began and settled between two writes never needs a row, and has none to be removed.
        if (!change.live && isNew) this.live.delete(change.executionId);
        else this.live.set(change.executionId, { partition, live: change.live, isNew });
        return;
      }
      case 'reference': {
        const name = pairKey(change.tenantId, change.reference);
        const owners = this.references.get(name) ?? new Map<string, ReferenceRow>();
        this.references.set(name, owners.set(change.ownerUserId, change));
        return;
      }
      case 'state':
        this.states.set(pairKey(change.ownerId, change.key), change.value);
        return;
      case 'refusal':
        this.refusals.set(pairKey(change.tenantId, change.refusalId), change.seq);
    }
  }
}
