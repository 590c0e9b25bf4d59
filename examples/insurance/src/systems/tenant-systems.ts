import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailure } from '@intendant/participant';
import Database from 'libsql';
import { SCHEMA } from './schema.js';

export type SqlValue = string | number | null;

/** How long a transaction waits for another process that holds the databases. */
const BUSY_MS = 10_000;

/**
 * The legacy system, the new system (`target`) and the policy tracker of one tenant: three SQLite files behind one
 * connection. A transaction over all three is atomic, also against `kill -9`, because none of them is in WAL mode: SQLite
 * then commits by deleting one super-journal, and rolls back every file whose journal still names it. That is also why
 * every read goes through here: a reader of a single file would not look at the others.
 */
export class TenantSystems {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  constructor(readonly directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700); // also one that an earlier version left open to every local user
    this.#db = new Database(join(directory, 'tracker.db'), { timeout: BUSY_MS });
    this.#db.prepare('ATTACH ? AS legacy').run(join(directory, 'legacy.db'));
    this.#db.prepare('ATTACH ? AS target').run(join(directory, 'new.db'));
    for (const name of ['main', 'legacy', 'target']) {
      this.#db.pragma(`${name}.journal_mode = DELETE`);
      this.#db.pragma(`${name}.synchronous = FULL`);
    }
    this.transaction(() => this.#db.exec(SCHEMA));
  }

  /** All of it or nothing. `work` is synchronous, so that nothing else of this process comes in between. */
  transaction<T>(work: () => T): T {
    this.#begin();
    try {
      const value = work();
      this.#db.exec('COMMIT');
      return value;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return this.#prepared(sql).run(...values).changes;
  }

  all<Row>(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  first<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.all<Row>(sql, ...values)[0];
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #begin(): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (!isSqlite(error, 'SQLITE_BUSY')) throw error;
      throw new StepFailure('systems_busy', 'another process holds the databases', { retryable: true });
    }
  }

  #prepared(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Whether SQLite refused with a code that starts like this. */
export const isSqlite = (error: unknown, code: string): error is Error =>
  error instanceof Error && String((error as { code?: unknown }).code).startsWith(code);
