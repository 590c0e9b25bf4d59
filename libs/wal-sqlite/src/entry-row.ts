import { decodeEntry, type StoredEntry } from '@intendant/wal';

/** A row of `entry`, as SELECT_ENTRY names its columns. */
export interface EntryRow {
  readonly partition: number;
  readonly position: number;
  readonly epoch: number;
  readonly streamId: string;
  readonly firstSeq: number;
  readonly recordCount: number;
  readonly prevHash: Buffer;
  readonly hash: Buffer;
  readonly body: Buffer;
}

export const SELECT_ENTRY = `SELECT partition, position, epoch, stream_id AS streamId, first_seq AS firstSeq,
  record_count AS recordCount, prev_hash AS prevHash, hash, body FROM entry`;

/** The entry of a row, checked against its hash. */
export function entryOf(row: EntryRow): StoredEntry {
  const { partition, position, epoch, ...raw } = row;
  const entry = decodeEntry(raw, ` (partition ${partition}, position ${position})`);
  return { ...entry, partition, position, epoch };
}
