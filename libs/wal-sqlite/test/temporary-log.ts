import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { LOG_FILE, SqliteWal, type SqliteWalOptions } from '../src/index.js';

export const failOnFatal = (error: Error): void => {
  throw error;
};

interface TemporaryLog {
  readonly directory: string;
  /** Opens the log of the directory; it is closed when the test ends. */
  readonly open: (options?: Partial<SqliteWalOptions>) => SqliteWal;
  /** A second connection to the file, for what no writer would do. */
  readonly tamper: (work: (db: Database.Database) => void) => void;
}

/** Gives `work` a directory for a log, and takes it away afterwards. */
export async function withLog(work: (log: TemporaryLog) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'sqlite-log-'));
  const opened: SqliteWal[] = [];
  try {
    await work({
      directory,
      open: (options = {}) => {
        const wal = new SqliteWal({ directory, partitionCount: 4, onFatal: failOnFatal, ...options });
        opened.push(wal);
        return wal;
      },
      tamper: (change) => {
        const db = new Database(join(directory, LOG_FILE));
        try {
          change(db);
        } finally {
          db.close();
        }
      },
    });
  } finally {
    for (const wal of opened) await wal.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
