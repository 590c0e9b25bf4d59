// The floor's log in a file: one transaction and one sync for a group.
import { join } from 'node:path';
import Database from 'libsql';

/** Opens the log; the function returned keeps a group of bodies. */
export async function open({ directory }) {
  const db = new Database(join(directory, 'floor.db'));
  db.pragma('page_size = 16384');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE entry (ordinal INTEGER PRIMARY KEY, body BLOB NOT NULL)');
  const begin = db.prepare('BEGIN IMMEDIATE');
  const insert = db.prepare('INSERT INTO entry (body) VALUES (?)');
  const commit = db.prepare('COMMIT');
  return (bodies) => {
    begin.run();
    for (const body of bodies) insert.run([body]);
    commit.run();
  };
}
