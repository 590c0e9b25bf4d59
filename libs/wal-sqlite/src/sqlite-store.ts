import type { JsonValue } from '@intendant/kernel';
import type { KeyRow, PartitionStore, ReferenceRow } from '@intendant/wal';
import type Database from 'libsql';

/** The partition store of the embedded log: reads what {@link StoreWriter} wrote in the appending transaction. */
export class SqliteStore implements PartitionStore {
  readonly #key;
  readonly #live;
  readonly #reference;
  readonly #state;
  readonly #refusal;
  readonly #applied;

  constructor(db: Database.Database) {
    this.#key = db.prepare('SELECT execution_id AS executionId, fingerprint FROM key_holder WHERE key_digest = ?');
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
    // In an array: the driver takes a lone buffer for named parameters.
    const row = this.#key.get([Buffer.from(keyDigest, 'hex')]) as Omit<KeyRow, 'keyDigest'> | undefined;
    return row === undefined ? undefined : { keyDigest, ...row };
  }

  liveExecutions(partition: number): readonly string[] {
    return (this.#live.all(partition) as { id: string }[]).map((row) => row.id);
  }

  references(tenantId: string, reference: string): readonly ReferenceRow[] {
    const rows = this.#reference.all(tenantId, reference) as (Omit<ReferenceRow, 'content'> & { content: string | null })[];
    return rows.map((row) => ({ ...row, content: row.content === null ? null : JSON.parse(row.content) }));
  }

  state(ownerId: string, key: string): JsonValue | undefined {
    const row = this.#state.get(ownerId, key) as { value: string } | undefined;
    return row === undefined ? undefined : (JSON.parse(row.value) as JsonValue);
  }

  refusalSeq(tenantId: string, refusalId: string): number | undefined {
    return (this.#refusal.get(tenantId, refusalId) as { seq: number } | undefined)?.seq;
  }

  applied(partition: number): number {
    return (this.#applied.get(partition) as { position: number | null }).position ?? 0;
  }
}
