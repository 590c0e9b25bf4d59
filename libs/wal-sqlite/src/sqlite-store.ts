import type { JsonValue } from '@intendant/kernel';
import type { KeyRow, LogCorrupt, PartitionStore, ReferenceRow } from '@intendant/wal';
import type Database from 'libsql';
import type { KeyFilter } from './key-filter.js';
import { pairKey, type StoreOverlay } from './store-overlay.js';
import { type Blob, bytesOf, integerOf, jsonOf, textOf } from './stored-bytes.js';

/** The partition store of the embedded log: what was changed lately from memory, the rest from the tables. */
export class SqliteStore implements PartitionStore {
  /** Partitions with an entry that does not verify among those the tables do not cover yet. */
  readonly damaged = new Map<number, LogCorrupt>();
  readonly #key;
  readonly #live;
  readonly #reference;
  readonly #state;
  readonly #refusal;
  readonly #applied;

  constructor(
    db: Database.Database,
    private readonly overlay: StoreOverlay,
    private readonly boundKeys: KeyFilter,
  ) {
    this.#key = db.prepare(
      `SELECT 'exe_' || lower(hex(execution_id)) AS executionId, lower(hex(fingerprint)) AS fingerprint
       FROM key_holder WHERE key_digest = unhex(?)`,
    );
    this.#live = db.prepare(`SELECT ${bytesOf('execution_id', 'id')} FROM live WHERE partition = ?`);
    this.#reference = db.prepare(
      `SELECT ${bytesOf('owner_user_id', 'ownerUserId')}, ${bytesOf('resource_class', 'resourceClass')}, ${bytesOf('content')},
              ${bytesOf('execution_id', 'executionId')} FROM reference WHERE tenant_id = ? AND reference = ?`,
    );
    this.#state = db.prepare(`SELECT ${bytesOf('value')} FROM state WHERE owner_id = ? AND key = ?`);
    this.#refusal = db.prepare(`SELECT ${integerOf('seq')} FROM refusal WHERE tenant_id = ? AND refusal_id = ?`);
    this.#applied = db.prepare(`SELECT ${integerOf('max(position)', 'position')} FROM entry WHERE partition = ?`);
  }

  keyHolder(keyDigest: string): KeyRow | undefined {
    const recent = this.overlay.keys.get(keyDigest);
    if (recent !== undefined || !this.boundKeys.mayHold(keyDigest)) return recent;
    const row = this.#key.get(keyDigest.slice(0, 32)) as Omit<KeyRow, 'keyDigest'> | undefined;
    return row === undefined ? undefined : { keyDigest, ...row };
  }

  /** Throws what was found when the partition is damaged: then nobody can say what lives in it. */
  liveExecutions(partition: number): readonly string[] {
    const damage = this.damaged.get(partition);
    if (damage !== undefined) throw damage;
    const rows = this.#live.all(partition) as { id: Blob }[];
    const ids = new Set(rows.map(({ id }) => textOf(id, `table live, an execution of partition ${partition}`)));
    for (const [executionId, change] of this.overlay.live) {
      if (!change.live) ids.delete(executionId);
      else if (change.partition === partition) ids.add(executionId);
    }
    return [...ids];
  }

  references(tenantId: string, reference: string): readonly ReferenceRow[] {
    const stored = this.#reference.all(tenantId, reference) as StoredReference[];
    const rows = stored.map((row) => referenceOf(row, tenantId, reference));
    const recent = this.overlay.references.get(pairKey(tenantId, reference));
    if (recent === undefined) return rows;
    return [...recent.values(), ...rows.filter(({ ownerUserId }) => !recent.has(ownerUserId))];
  }

  state(ownerId: string, key: string): JsonValue | undefined {
    const recent = this.overlay.states.get(pairKey(ownerId, key));
    if (recent !== undefined) return recent;
    const row = this.#state.get(ownerId, key) as { value: Blob } | undefined;
    return row === undefined ? undefined : jsonOf(row.value, `table state, ${key} of ${ownerId}`);
  }

  refusalSeq(tenantId: string, refusalId: string): number | undefined {
    const recent = this.overlay.refusals.get(pairKey(tenantId, refusalId));
    return recent ?? (this.#refusal.get(tenantId, refusalId) as { seq: number } | undefined)?.seq;
  }

  applied(partition: number): number {
    return (this.#applied.get(partition) as { position: number | null }).position ?? 0;
  }
}

interface StoredReference {
  readonly ownerUserId: Blob;
  readonly resourceClass: Blob;
  readonly content: Blob | null;
  readonly executionId: Blob | null;
}

/** Throws `LogCorrupt` for a row of which a column is not what was written. */
function referenceOf(row: StoredReference, tenantId: string, reference: string): ReferenceRow {
  const place = (column: string): string => `table reference, ${column} of ${reference} in ${tenantId}`;
  return {
    tenantId,
    reference,
    ownerUserId: textOf(row.ownerUserId, place('owner')),
    resourceClass: textOf(row.resourceClass, place('class')),
    content: row.content === null ? null : (jsonOf(row.content, place('content')) as ReferenceRow['content']),
    executionId: row.executionId === null ? null : textOf(row.executionId, place('execution')),
  };
}
