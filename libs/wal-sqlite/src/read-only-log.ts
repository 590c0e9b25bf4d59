import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { LOG_FILE } from './log-file.js';
import { FORMAT_VERSION } from './schema.js';

/** There is no log in the directory. */
export class NoLog extends Error {
  constructor(file: string) {
    super(`no log at ${file}`);
    this.name = 'NoLog';
  }
}

export interface ReadOnlyLog {
  readonly db: Database.Database;
  readonly file: string;
  readonly logId: string;
  readonly partitionCount: number;
}

/** Opens the log of a directory beside its writer, or after it has ended in whatever way; nothing can be written. */
export function openReadOnly(directory: string): ReadOnlyLog {
  const file = join(directory, LOG_FILE);
  if (!existsSync(file)) throw new NoLog(file);
  const db = new Database(`${pathToFileURL(file).href}?mode=ro`, { timeout: 5_000 } as never);
  const meta = db.prepare('SELECT value FROM meta WHERE name = ?');
  const read = (name: string): string => (meta.get(name) as { value: string } | undefined)?.value ?? '';
  if (read('format') !== String(FORMAT_VERSION)) {
    db.close();
    throw new Error(`${file} has format ${read('format') || 'unknown'}; this version reads ${FORMAT_VERSION}`);
  }
  return { db, file, logId: read('log_id'), partitionCount: Number(read('partition_count')) };
}
