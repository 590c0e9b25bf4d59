import type { PartitionStore, StoredEntry, StreamHead, Wal } from '@intendant/wal';
import type { SqliteJournal } from './sqlite-journal.js';

/** The reading side of a log whose entries stand in a journal of this process. */
export class JournalReads {
  readonly store: PartitionStore;
  readonly partitionCount: number;
  /** Bytes of a torn commit that were dropped when the log was opened; 0 without one. */
  readonly tornBytes: number;

  constructor(protected readonly journal: SqliteJournal) {
    this.store = journal.store;
    this.partitionCount = journal.partitionCount;
    this.tornBytes = journal.tornBytes;
  }

  async read(...range: Parameters<Wal['read']>): Promise<readonly StoredEntry[]> {
    return this.journal.read(...range);
  }

  async readStream(streamId: string): Promise<readonly StoredEntry[]> {
    return this.journal.readStream(streamId);
  }

  async readStreamBackwards(
    streamId: string,
    beforeSeq = Number.MAX_SAFE_INTEGER,
    limit = 100,
  ): Promise<readonly StoredEntry[]> {
    return this.journal.readStreamBackwards(streamId, beforeSeq, limit);
  }

  async tenantOfStream(streamId: string): Promise<string | undefined> {
    return this.journal.tenantOfStream(streamId);
  }

  async streamHead(streamId: string): Promise<StreamHead> {
    return this.journal.streamHead(streamId);
  }

  async tail(partition: number): Promise<number> {
    return this.journal.tail(partition);
  }
}
