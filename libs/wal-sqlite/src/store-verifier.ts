import { setImmediate } from 'node:timers/promises';
import { canonicalJson } from '@intendant/kernel';
import type Database from 'libsql';
import { ENTRY_COLUMNS, type EntryRow, entryOf } from './entry-row.js';
import { STORE_TABLES, storeTables } from './schema.js';
import { StoreOverlay } from './store-overlay.js';
import { StoreWriter } from './store-writer.js';
import { type Blob, bufferOf, bytesOf, jsonOf } from './stored-bytes.js';

/** Entries folded before what they changed is written; bounds what is held in memory. */
const PAGE_ENTRIES = 1_000;

interface Shape {
  /** Columns of which no two rows have the same. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** Columns of JSON: two texts may say the same. */
  readonly json: readonly string[];
  /** How a finding names a row. */
  readonly name: (table: string) => string;
}

const SHAPES: Readonly<Record<(typeof STORE_TABLES)[number], Shape>> = {
  key_holder: {
    key: ['key_digest'],
    columns: ['execution_id', 'fingerprint'],
    json: [],
    name: (t) => `'idempotency key ' || lower(hex(${t}.key_digest))`,
  },
  live: { key: ['execution_id'], columns: ['partition'], json: [], name: (t) => `${t}.execution_id || ' as live'` },
  reference: {
    key: ['tenant_id', 'reference', 'owner_user_id'],
    columns: ['resource_class', 'execution_id'],
    json: ['content'],
    name: (t) => `'reference ' || ${t}.reference || ' of ' || ${t}.owner_user_id || ' in ' || ${t}.tenant_id`,
  },
  state: {
    key: ['owner_id', 'key'],
    columns: [],
    json: ['value'],
    name: (t) => `'state ' || ${t}.key || ' of ' || ${t}.owner_id`,
  },
  refusal: {
    key: ['tenant_id', 'refusal_id'],
    columns: ['seq'],
    json: [],
    name: (t) => `'refusal ' || ${t}.refusal_id || ' in ' || ${t}.tenant_id`,
  },
};

/**
 * Holds the store's tables against the journal they are a fold of, both ways: folds the entries that they reach once more,
 * into temporary tables on disk, and compares row by row. Every entry must have been found sound before.
 */
export class StoreVerifier {
  readonly #overlay = new StoreOverlay(() => undefined);
  readonly #writer: StoreWriter;
  readonly #reach;
  readonly #page;
  /** Up to which entry the temporary tables reach. */
  #folded = 0;

  constructor(private readonly db: Database.Database) {
    db.pragma('temp_store = FILE');
    db.exec(storeTables('temp'));
    db.pragma('temp.journal_mode = OFF');
    db.pragma('temp.cache_size = -32768');
    this.#writer = new StoreWriter(db, 'temp');
    this.#reach = db.prepare(
      `SELECT CAST(value AS INTEGER) AS reach, (SELECT coalesce(max(ordinal), 0) FROM entry) AS last
       FROM meta WHERE name = 'store_ordinal'`,
    );
    this.#page = db.prepare(
      `SELECT ordinal, ${ENTRY_COLUMNS} FROM entry WHERE ordinal > ? AND ordinal <= ? ORDER BY ordinal LIMIT ${PAGE_ENTRIES}`,
    );
  }

  /** Tells of every row that is not as the entries say. A writer beside it may go on. */
  async check(add: (place: string, finding: string) => void): Promise<void> {
    // most of it in short reads, so that the writer's checkpoints go on; the rest and the tables in one
    await this.#foldUpTo(this.#readReach().reach);
    this.db.exec('BEGIN');
    const { reach, last } = this.#readReach();
    if (reach > last) add('table meta', `the store is said to reach entry ${reach}, the last one is ${last}`);
    await this.#foldUpTo(reach);
    for (const table of STORE_TABLES) for (const finding of this.#compare(table)) add(`table ${table}`, finding);
    this.db.exec('COMMIT');
  }

  #readReach(): { reach: number; last: number } {
    return this.#reach.get() as { reach: number; last: number };
  }

  async #foldUpTo(reach: number): Promise<void> {
    // somebody has the store folded anew meanwhile
    if (reach < this.#folded) this.#forget();
    for (;;) {
      const rows = this.#page.all(this.#folded, reach) as (EntryRow & { ordinal: number })[];
      for (const row of rows) this.#overlay.apply(entryOf(row), row.partition);
      this.#writer.write(this.#overlay);
      this.#overlay.clear();
      this.#folded = rows.at(-1)?.ordinal ?? this.#folded;
      if (rows.length < PAGE_ENTRIES) return;
      await setImmediate();
    }
  }

  #forget(): void {
    for (const table of STORE_TABLES) this.db.exec(`DELETE FROM temp.${table}`);
    this.#folded = 0;
  }

  *#compare(table: (typeof STORE_TABLES)[number]): Iterable<string> {
    const { key, columns, json, name } = SHAPES[table];
    const both = (list: readonly string[], operator: string): string[] =>
      list.map((column) => `held.${column} ${operator} said.${column}`);
    const absent = `NOT EXISTS (SELECT 1 FROM`;
    const same = both(key, '=').join(' AND ');
    const forged = `SELECT ${bytesOf(name('held'), 'name')} FROM main.${table} AS held WHERE ${absent} temp.${table} AS said WHERE ${same})`;
    const missing = `SELECT ${bytesOf(name('said'), 'name')} FROM temp.${table} AS said WHERE ${absent} main.${table} AS held WHERE ${same})`;
    const texts = json.flatMap((column) => [bytesOf(`held.${column}`, 'held'), bytesOf(`said.${column}`, 'said')]);
    const changed = `SELECT ${[bytesOf(name('held'), 'name'), ...texts].join(', ')}, (${[...both(columns, 'IS NOT'), '0'].join(' OR ')}) AS differs
       FROM main.${table} AS held JOIN temp.${table} AS said ON ${same}
       WHERE ${both([...columns, ...json], 'IS NOT').join(' OR ')}`;
    for (const row of this.#rows(forged)) yield `the store holds ${nameOf(row)}, and no entry says so`;
    for (const row of this.#rows(missing)) yield `the store does not hold ${nameOf(row)}`;
    for (const row of this.#rows(changed))
      if (row.differs === 1 || !saysTheSame(row.held, row.said))
        yield `the store holds ${nameOf(row)} otherwise than the entries say`;
  }

  #rows(sql: string): Iterable<CompareRow> {
    return this.db.prepare(sql).iterate() as Iterable<CompareRow>;
  }
}

interface CompareRow {
  readonly name: Blob;
  readonly differs?: number;
  readonly held?: Blob | null;
  readonly said?: Blob | null;
}

/** Readable also where it is damaged. */
const nameOf = ({ name }: CompareRow): string => bufferOf(name).toString('utf8');

/** Members of an object are written in the order in which they came, and folded in the order of the entry's bytes. */
function saysTheSame(held: Blob | null | undefined, said: Blob | null | undefined): boolean {
  if (held == null || said == null) return held === said;
  try {
    return canonicalJson(jsonOf(held, 'held')) === canonicalJson(jsonOf(said, 'said'));
  } catch {
    return false;
  }
}
