import { changesOf, type StoreChange } from '@intendant/wal';
import type Database from 'libsql';
import { type EntryRow, entryOf } from './entry-row.js';

/**
 * Holds the store's tables against the journal they are a fold of. Keys and refusals are written once and must stand as the
 * entry says; a reference must stand as its newest registration says. Entries that the tables do not reach yet are left out.
 */
export class StoreVerifier {
  readonly #key;
  readonly #reference;
  readonly #refusal;
  readonly #reach: number;

  constructor(db: Database.Database) {
    const reach = db.prepare("SELECT value FROM meta WHERE name = 'store_ordinal'").get() as { value: string };
    this.#reach = Number(reach.value);
    this.#key = db.prepare(
      `SELECT 'exe_' || lower(hex(execution_id)) AS executionId, lower(hex(fingerprint)) AS fingerprint
       FROM key_holder WHERE key_digest = unhex(?)`,
    );
    this.#reference = db.prepare(
      `SELECT resource_class AS resourceClass, content, execution_id AS executionId
       FROM reference WHERE tenant_id = ? AND reference = ? AND owner_user_id = ?`,
    );
    this.#refusal = db.prepare('SELECT seq FROM refusal WHERE tenant_id = ? AND refusal_id = ?');
  }

  /** What of a sound entry the tables do not hold as it says, or null. */
  check(row: EntryRow & { readonly ordinal: number }): string | null {
    if (row.ordinal > this.#reach) return null;
    for (const change of changesOf(entryOf(row))) {
      const missing = this.#missing(change);
      if (missing !== null) return `the store does not hold its ${missing}`;
    }
    return null;
  }

  #missing(change: StoreChange): string | null {
    if (change.kind === 'key') {
      const held = this.#key.get(change.keyDigest.slice(0, 32)) as
        | { executionId: string; fingerprint: string }
        | undefined;
      const same = held?.executionId === change.executionId && held.fingerprint === change.fingerprint;
      return same ? null : 'idempotency key';
    }
    if (change.kind === 'refusal') {
      const held = this.#refusal.get(change.tenantId, change.refusalId) as { seq: number } | undefined;
      return held?.seq === change.seq ? null : `refusal ${change.refusalId}`;
    }
    if (change.kind === 'reference') return this.#sameReference(change) ? null : `reference ${change.reference}`;
    return null;
  }

  #sameReference(change: Extract<StoreChange, { kind: 'reference' }>): boolean {
    const held = this.#reference.get(change.tenantId, change.reference, change.ownerUserId) as
      | { resourceClass: string; content: string | null; executionId: string | null }
      | undefined;
    if (held === undefined) return false;
    if (held.executionId !== change.executionId) return true;
    const content = change.content === null ? null : JSON.stringify(change.content);
    return held.resourceClass === change.resourceClass && held.content === content;
  }
}
