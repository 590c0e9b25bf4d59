import {
  assertContinues,
  type Cursor,
  LogCorrupt,
  NO_PROGRESS,
  type PartitionProgress,
  START_CURSOR,
  type StoredEntry,
} from '@intendant/wal';
import { type Blob, bytesOf, type SqliteJournal, textOf } from '@intendant/wal-sqlite';
import type { TakenFrame } from './taken-frame.js';

/** How far the copy of a partition reaches. */
export interface CopyPlace {
  readonly cursor: Cursor;
  /** Names the frame at the cursor; empty before the first. */
  readonly name: string;
  readonly progress: PartitionProgress;
}

const NOWHERE: CopyPlace = { cursor: START_CURSOR, name: '', progress: NO_PROGRESS };

const TABLE = `CREATE TABLE IF NOT EXISTS copied (
  partition INTEGER PRIMARY KEY, cursor TEXT NOT NULL, name TEXT NOT NULL,
  epoch INTEGER NOT NULL, nonce TEXT NOT NULL, position INTEGER NOT NULL)`;

interface Kept {
  readonly cursor: Blob;
  readonly name: Blob;
  readonly nonce: Blob;
  readonly epoch: number;
  readonly position: number;
}

/** The copy of a log in the journal: entries, and the place that each partition reaches, in the same transaction. */
export class CopyStore {
  readonly #place;
  readonly #keepPlace;

  constructor(private readonly journal: SqliteJournal) {
    journal.db.exec(TABLE);
    this.#place = journal.db.prepare(
      `SELECT ${bytesOf('cursor')}, ${bytesOf('name')}, ${bytesOf('nonce')}, epoch, position
       FROM copied WHERE partition = ?`,
    );
    this.#keepPlace = journal.db.prepare('INSERT OR REPLACE INTO copied VALUES (?, ?, ?, ?, ?, ?)');
  }

  /** Throws `LogCorrupt` when the place is no text any more. */
  placeOf(partition: number): CopyPlace {
    const row = this.#place.get(partition) as Kept | undefined;
    if (row === undefined) return NOWHERE;
    const text = (bytes: Blob): string => textOf(bytes, `table copied, the place of partition ${partition}`);
    const { epoch, position } = row;
    return { cursor: text(row.cursor), name: text(row.name), progress: { epoch, nonce: text(row.nonce), position } };
  }

  /** Keeps the entries among these frames and the place behind them. Throws `BrokenChain` when a stream does not go on like this. */
  keep(partition: number, taken: readonly TakenFrame[], { cursor, name, progress }: CopyPlace): void {
    const entries = taken.flatMap(({ entry }) => (entry === null ? [] : [entry]));
    // what was appended here was checked before it was promised
    const foreign = taken.flatMap(({ entry, own }) => (entry === null || own ? [] : [entry]));
    assertContinues(foreign, (streamId) => this.journal.streamHead(streamId));
    const { epoch, nonce, position } = progress;
    const writes = entries.map((entry) => ({ partition, epoch: entry.epoch, entries: [entry] }));
    this.journal.commit(writes, () => this.#keepPlace.run(partition, cursor, name, epoch, nonce, position));
  }

  /**
   * Keeps entries that the log has dropped; what is held already is left out. The place stays where it was until
   * {@link keep} is given the one behind the last of them: whoever is interrupted goes on where the entries end.
   */
  keepDropped(partition: number, entries: readonly StoredEntry[]): void {
    const tail = this.journal.tail(partition);
    const missing = entries.filter(({ position }) => position > tail);
    if (missing.length === 0) return;
    const [first] = missing;
    if (first?.position !== tail + 1)
      throw new LogCorrupt(`partition ${partition}`, `position ${first?.position} of the archive follows ${tail}`);
    assertContinues(missing, (streamId) => this.journal.streamHead(streamId));
    this.journal.commit(missing.map((entry) => ({ partition, epoch: entry.epoch, entries: [entry] })));
  }

  /** Position of the last entry kept. */
  tail(partition: number): number {
    return this.journal.tail(partition);
  }

  /** Which log this is a copy of, written down when it is asked first. */
  sourceOf(logId: string): string {
    const { db } = this.journal;
    db.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES ('copy_of', ?)").run(logId);
    const select = `SELECT ${bytesOf('value')} FROM meta WHERE name = 'copy_of'`;
    return textOf((db.prepare(select).get() as { value: Blob }).value, 'table meta, value of copy_of');
  }

  /** Whether this entry stands at this position. */
  holds(partition: number, position: number, hash: Buffer): boolean {
    const [entry] = this.journal.read(partition, position, 1);
    return entry?.hash.equals(hash) === true;
  }

  /** Partitions whose entries do not verify. */
  get damaged(): ReadonlyMap<number, LogCorrupt> {
    return this.journal.store.damaged;
  }
}
