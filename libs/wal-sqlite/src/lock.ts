import { join } from 'node:path';
import Database from 'libsql';

/** The data directory is held by another process. */
export class DirectoryInUse extends Error {
  constructor(directory: string) {
    super(`${directory} is in use by another process`);
    this.name = 'DirectoryInUse';
  }
}

/**
 * Takes the directory for this process until it ends, however it ends: an exclusive transaction on a file of its own, so
 * that the log itself stays readable by verifiers.
 */
export function lockDirectory(directory: string): () => void {
  const db = new Database(join(directory, 'owner.lock'), { timeout: 0 } as never);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw (error as { code?: string }).code === 'SQLITE_BUSY' ? new DirectoryInUse(directory) : error;
  }
  return () => db.close();
}
