// The floor's log with what Intendant's must have: each entry hashed with the one before it, found by place and by stream.
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'libsql';

const PARTITIONS = 16;

/** Opens the log; the function returned keeps a group of bodies. */
export async function open({ directory }) {
  const db = new Database(join(directory, 'floor.db'));
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('cache_size = -32768');
  db.exec(`CREATE TABLE entry (ordinal INTEGER PRIMARY KEY, partition INTEGER NOT NULL, position INTEGER NOT NULL,
    stream_id TEXT NOT NULL, prev_hash BLOB NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL);
    CREATE UNIQUE INDEX by_position ON entry (position, partition);
    CREATE UNIQUE INDEX by_stream ON entry (stream_id);`);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const insert = db.prepare(
    'INSERT INTO entry (partition, position, stream_id, prev_hash, hash, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const commit = db.prepare('COMMIT');
  let before = Buffer.alloc(32);
  let count = 0;
  return (bodies) => {
    begin.run();
    for (const body of bodies) {
      const hash = createHash('sha256').update(before).update(body).digest();
      insert.run(count % PARTITIONS, Math.floor(count / PARTITIONS), randomUUID(), before, hash, body);
      before = hash;
      count += 1;
    }
    commit.run();
  };
}
