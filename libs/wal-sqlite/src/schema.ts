import type Database from 'libsql';
import { type Blob, bytesOf, textOf } from './stored-bytes.js';

export const FORMAT_VERSION = 1;

/**
 * One row per entry, not per record; the store beside it is a fold of the journal and can be rebuilt from it. The index of
 * places begins with the position: partitions grow alike, so that a commit changes its last pages and not one per partition.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (partition INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, nonce TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entry (
  ordinal INTEGER PRIMARY KEY, partition INTEGER NOT NULL, position INTEGER NOT NULL, epoch INTEGER NOT NULL,
  stream_id TEXT NOT NULL, first_seq INTEGER NOT NULL, record_count INTEGER NOT NULL,
  prev_hash BLOB NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS entry_by_position ON entry (position, partition);
CREATE UNIQUE INDEX IF NOT EXISTS entry_by_stream ON entry (stream_id, first_seq);
`;

/** Tables that hold nothing but a fold of `entry`. `schema`: the log's own, or `temp` for another fold to compare it with. */
export const storeTables = (schema: 'main' | 'temp'): string => `
CREATE TABLE IF NOT EXISTS ${schema}.key_holder (key_digest BLOB PRIMARY KEY, execution_id BLOB NOT NULL, fingerprint BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ${schema}.live (execution_id TEXT PRIMARY KEY, partition INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ${schema}.reference (
  tenant_id TEXT NOT NULL, reference TEXT NOT NULL, owner_user_id TEXT NOT NULL, resource_class TEXT NOT NULL,
  content TEXT, execution_id TEXT, PRIMARY KEY (tenant_id, reference, owner_user_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ${schema}.state (owner_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (owner_id, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ${schema}.refusal (tenant_id TEXT NOT NULL, refusal_id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (tenant_id, refusal_id)) WITHOUT ROWID;
`;

export const STORE_TABLES = ['key_holder', 'live', 'reference', 'state', 'refusal'] as const;

/** What the log says of itself. Throws `LogCorrupt` when a name or a value of it is no text. */
export function readMeta(db: Database.Database): ReadonlyMap<string, string> {
  const rows = db.prepare(`SELECT ${bytesOf('name')}, ${bytesOf('value')} FROM meta`).all();
  return new Map(
    (rows as { name: Blob; value: Blob }[]).map((row) => {
      const name = textOf(row.name, 'table meta, a name');
      return [name, textOf(row.value, `table meta, value of ${name}`)];
    }),
  );
}

/** Settings the durability promise rests on, and the tables. Throws when the file was made by another format. */
export function prepareDatabase(
  db: Database.Database,
  partitionCount: number,
  logId: string,
  synchronous: 'FULL' | 'NORMAL' = 'FULL',
): { partitionCount: number; logId: string; storeOrdinal: number; entries: number } {
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous}`);
  db.pragma('fullfsync = ON');
  db.pragma('cache_size = -32768');
  db.pragma('wal_autocheckpoint = 2000');
  db.exec(TABLES);
  db.exec(storeTables('main'));
  const meta = db.prepare('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)');
  meta.run('format', String(FORMAT_VERSION));
  meta.run('partition_count', String(partitionCount));
  meta.run('log_id', logId);
  // Up to which entry the store's tables reach; the entries after it are folded into memory at start.
  meta.run('store_ordinal', '0');
  const said = readMeta(db);
  const read = (name: string): string => said.get(name) as string;
  const format = Number(read('format'));
  if (format !== FORMAT_VERSION) throw new Error(`the log has format ${format}; this version reads ${FORMAT_VERSION}`);
  return {
    partitionCount: Number(read('partition_count')),
    logId: read('log_id'),
    storeOrdinal: Number(read('store_ordinal')),
    entries: (db.prepare('SELECT coalesce(max(ordinal), 0) AS last FROM entry').get() as { last: number }).last,
  };
}
