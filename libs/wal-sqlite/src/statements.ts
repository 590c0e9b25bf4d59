import type Database from 'libsql';
import { ENTRY_COLUMNS, SELECT_ENTRY } from './entry-row.js';
import { bytesOf, integerOf } from './stored-bytes.js';

type Name =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'insert'
  | 'claim'
  | 'epoch'
  | 'head'
  | 'stream'
  | 'backwards'
  | 'attribution'
  | 'after'
  | 'cover';

/** Bytes in which the attribution of an entry has room, whatever is escaped in it. */
const ATTRIBUTION_BYTES_MAX = 1_024;

/** Everything the log asks of its journal, compiled once. */
export const prepareStatements = (db: Database.Database): Readonly<Record<Name, Database.Statement>> => ({
  begin: db.prepare('BEGIN IMMEDIATE'),
  commit: db.prepare('COMMIT'),
  rollback: db.prepare('ROLLBACK'),
  insert: db.prepare(
    `INSERT INTO entry (partition, position, epoch, stream_id, first_seq, record_count, prev_hash, hash, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ),
  claim: db.prepare(
    `INSERT INTO lease VALUES (?, 1, ?) ON CONFLICT (partition) DO UPDATE SET epoch = epoch + 1, nonce = excluded.nonce`,
  ),
  epoch: db.prepare(`SELECT ${integerOf('epoch')} FROM lease WHERE partition = ?`),
  head: db.prepare(
    `SELECT first_seq + record_count AS nextSeq, ${bytesOf('hash', 'lastHash')} FROM entry WHERE stream_id = ? ORDER BY first_seq DESC LIMIT 1`,
  ),
  stream: db.prepare(`${SELECT_ENTRY} WHERE stream_id = ? ORDER BY first_seq`),
  backwards: db.prepare(`${SELECT_ENTRY} WHERE stream_id = ? AND first_seq < ? ORDER BY first_seq DESC LIMIT ?`),
  // a body begins with its attribution, and may go on for a mebibyte
  attribution: db.prepare(
    `SELECT ${bytesOf(`substr(body, 1, ${ATTRIBUTION_BYTES_MAX})`, 'start')} FROM entry WHERE stream_id = ? ORDER BY first_seq LIMIT 1`,
  ),
  after: db.prepare(`SELECT ordinal, ${ENTRY_COLUMNS} FROM entry WHERE ordinal > ? ORDER BY ordinal LIMIT ?`),
  cover: db.prepare("UPDATE meta SET value = ? WHERE name = 'store_ordinal'"),
});
