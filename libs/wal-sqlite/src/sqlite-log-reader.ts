import type { StoredEntry, Wal, WalDescription } from '@intendant/wal';
import type Database from 'libsql';
import { prepareRangeReader, type RangeReader } from './range-reader.js';
import { openReadOnly } from './read-only-log.js';
import { integerOf } from './stored-bytes.js';

/**
 * Follows the embedded log beside the process that owns it. Sees what is committed, verifies what it reads, and never
 * writes. Throws `NoLog` when there is none yet.
 */
export class SqliteLogReader {
  /** Of the log itself, also when this is a copy of one on servers. */
  readonly logId: string;
  /** It follows a log on servers, and may be behind it. */
  readonly isCopy: boolean;
  readonly #db: Database.Database;
  readonly #range: RangeReader;
  readonly #tail;
  readonly #version;
  readonly #partitionCount: number;

  constructor(directory: string) {
    const { db, partitionCount, logId, isCopy } = openReadOnly(directory);
    this.logId = logId;
    this.isCopy = isCopy;
    this.#db = db;
    this.#partitionCount = partitionCount;
    this.#range = prepareRangeReader(db);
    this.#tail = db.prepare(`SELECT ${integerOf('coalesce(max(position), 0)', 'tail')} FROM entry WHERE partition = ?`);
    this.#version = this.#db.prepare('PRAGMA data_version');
  }

  describe(): WalDescription {
    return {
      backend: 'sqlite',
      durability: 'none of its own: reads what the owner committed',
      survivesPowerLoss: true,
      partitionCount: this.#partitionCount,
    };
  }

  /** As {@link Wal} has it; throws `LogCorrupt` at an entry that does not verify. */
  async read(...range: Parameters<Wal['read']>): Promise<readonly StoredEntry[]> {
    return this.#range(...range);
  }

  /** Position of the last entry, 0 when the partition is empty. */
  async tail(partition: number): Promise<number> {
    return (this.#tail.get(partition) as { tail: number }).tail;
  }

  /** Another number after every commit of the owner. */
  version(): number {
    return (this.#version.get() as { data_version: number }).data_version;
  }

  close(): void {
    this.#db.close();
  }
}
