import { changesOf, type Entry, type StoreChange } from '@intendant/wal';
import type Database from 'libsql';

/** Applies what entries change, inside the transaction that appends them. */
export class StoreWriter {
  readonly #key;
  readonly #liveOn;
  readonly #liveOff;
  readonly #reference;
  readonly #state;
  readonly #refusal;

  constructor(db: Database.Database) {
    this.#key = db.prepare('INSERT OR REPLACE INTO key_holder VALUES (?, ?, ?)');
    this.#liveOn = db.prepare('INSERT OR REPLACE INTO live VALUES (?, ?)');
    this.#liveOff = db.prepare('DELETE FROM live WHERE execution_id = ?');
    this.#reference = db.prepare('INSERT OR REPLACE INTO reference VALUES (?, ?, ?, ?, ?, ?)');
    this.#state = db.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)');
    this.#refusal = db.prepare('INSERT OR REPLACE INTO refusal VALUES (?, ?, ?)');
  }

  apply(entry: Entry, partition: number): void {
    for (const change of changesOf(entry)) this.#applyChange(change, partition);
  }

  #applyChange(change: StoreChange, partition: number): void {
    switch (change.kind) {
      case 'key':
        this.#key.run(Buffer.from(change.keyDigest, 'hex'), change.executionId, change.fingerprint);
        return;
      case 'live':
        if (change.live) this.#liveOn.run(change.executionId, partition);
        else this.#liveOff.run(change.executionId);
        return;
      case 'reference': {
        const content = change.content === null ? null : JSON.stringify(change.content);
        this.#reference.run(change.tenantId, change.reference, change.ownerUserId, change.resourceClass, content, change.executionId);
        return;
      }
      case 'state':
        this.#state.run(change.ownerId, change.key, JSON.stringify(change.value));
        return;
      case 'refusal':
        this.#refusal.run(change.tenantId, change.refusalId, change.seq);
    }
  }
}
