import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LogCorrupt } from '@intendant/wal';
import Database from 'libsql';
import { LOG_FILE } from './log-file.js';
import { FORMAT_VERSION, readMeta } from './schema.js';

/** There is no log in the directory. */
export class NoLog extends Error {
  constructor(file: string) {
    super(`no log at ${file}`);
    this.name = 'NoLog';
  }
}

/** There is a log, and this process can say nothing about it: it may not open it, or another version wrote it. */
export class LogUnreadable extends Error {
  constructor(file: string, why: string) {
    super(`${file} cannot be read: ${why}`);
    this.name = 'LogUnreadable';
  }
}

export interface ReadOnlyLog {
  readonly db: Database.Database;
  readonly file: string;
  /** Of the log itself, also when this is a copy of one on servers. */
  readonly logId: string;
  /** It follows a log on servers. */
  readonly isCopy: boolean;
  readonly partitionCount: number;
}

/**
 * Opens the log of a directory beside its writer, or after it has ended in whatever way; nothing can be written. Throws
 * {@link LogCorrupt} for a file that is no log.
 */
export function openReadOnly(directory: string): ReadOnlyLog {
  const file = join(directory, LOG_FILE);
  if (!isThere(file)) throw new NoLog(file);
  const db = opened(file);
  const meta = metaOf(db, file);
  const format = meta.get('format');
  if (format !== String(FORMAT_VERSION)) {
    db.close();
    throw new LogUnreadable(file, `it has format ${format ?? 'unknown'}, this version reads ${FORMAT_VERSION}`);
  }
  const source = meta.get('copy_of');
  const logId = source ?? meta.get('log_id') ?? '';
  return { db, file, logId, isCopy: source !== undefined, partitionCount: Number(meta.get('partition_count')) };
}

/** Whoever may not look into the directory does not know that there is no log. */
function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new LogUnreadable(file, `${(error as Error).message} (who may read it?)`);
  }
}

function opened(file: string): Database.Database {
  try {
    return new Database(`${pathToFileURL(file).href}?mode=ro`, { timeout: 5_000 } as never);
  } catch (error) {
    throw new LogUnreadable(file, (error as Error).message);
  }
}

function metaOf(db: Database.Database, file: string): ReadonlyMap<string, string> {
  try {
    return readMeta(db);
  } catch (error) {
    db.close();
    if (error instanceof LogCorrupt) throw new LogCorrupt(`${file}, ${error.place}`, error.finding);
    throw new LogCorrupt(file, (error as Error).message);
  }
}
