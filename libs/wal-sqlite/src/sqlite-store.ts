import type { JsonValue } from '@intendant/kernel';
import type { KeyRow, LogCorrupt, PartitionStore, ReferenceRow } from '@intendant/wal';
import type Database from 'libsql';
import type { KeyFilter } from './key-filter.js';
import { pairKey, type StoreOverlay } from './store-overlay.js';

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
    this.#live = db.prepare('SELECT execution_id AS id FROM live WHERE partition = ?');
    this.#reference = db.prepare(
      `SELECT tenant_id AS tenantId, reference, owner_user_id AS ownerUserId, resource_class AS resourceClass, content,
              execution_id AS executionId FROM reference WHERE tenant_id = ? AND reference = ?`,
    );
    this.#state = db.prepare('SELECT value FROM state WHERE owner_id = ? AND key = ?');
    this.#refusal = db.prepare('SELECT seq FROM refusal WHERE tenant_id = ? AND refusal_id = ?');
    this.#applied = db.prepare('SELECT max(position) AS position FROM entry WHERE partition = ?');
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
    const ids = new Set((this.#live.all(partition) as { id: string }[]).map((row) => row.id));
    for (const [executionId, change] of this.overlay.live) {
      if (!change.live) ids.delete(executionId);
      else if (change.partition === partition) ids.add(executionId);
    }
    return [...ids];
  }

  references(tenantId: string, reference: string): readonly ReferenceRow[] {
    type Row = Omit<ReferenceRow, 'content'> & { content: string | null };
    const rows = this.#reference.all(tenantId, reference) as Row[];
    const recent = this.overlay.references.get(pairKey(tenantId, reference));
    const older = rows
      .filter((row) => recent?.has(row.ownerUserId) !== true)
      .map((row) => ({ ...row, content: row.content === null ? null : JSON.parse(row.content) }));
    return recent === undefined ? older : [...recent.values(), ...older];
  }

  state(ownerId: string, key: string): JsonValue | undefined {
    const recent = this.overlay.states.get(pairKey(ownerId, key));
    if (recent !== undefined) return recent;
    const row = this.#state.get(ownerId, key) as { value: string } | undefined;
    return row === undefined ? undefined : (JSON.parse(row.value) as JsonValue);
  }

  refusalSeq(tenantId: string, refusalId: string): number | undefined {
    const recent = this.overlay.refusals.get(pairKey(tenantId, refusalId));
    return recent ?? (this.#refusal.get(tenantId, refusalId) as { seq: number } | undefined)?.seq;
  }

  applied(partition: number): number {
    return (this.#applied.get(partition) as { position: number | null }).position ?? 0;
  }
}
