import { decodeEntry, type StoredEntry } from '@intendant/wal';
import { type Blob, bufferOf, bytesOf } from './stored-bytes.js';

/** A row of `entry`, as ENTRY_COLUMNS names its columns. */
export interface EntryRow {
  readonly partition: number;
  readonly position: number;
  readonly epoch: number;
  readonly streamId: Blob;
  readonly firstSeq: number;
  readonly recordCount: number;
  readonly prevHash: Blob;
  readonly hash: Blob;
  readonly body: Blob;
}

export const ENTRY_COLUMNS = `partition, position, epoch, ${bytesOf('stream_id', 'streamId')}, first_seq AS firstSeq,
  record_count AS recordCount, ${bytesOf('prev_hash', 'prevHash')}, ${bytesOf('hash')}, ${bytesOf('body')}`;

export const SELECT_ENTRY = `SELECT ${ENTRY_COLUMNS} FROM entry`;

/** For a name that was damaged, one that differs from it: then the hash does not match. */
export const streamOf = (row: EntryRow): string => bufferOf(row.streamId).toString('utf8');

/** The entry of a row, checked against its hash. */
export function entryOf(row: EntryRow): StoredEntry {
  const { partition, position, epoch, firstSeq, recordCount } = row;
  const bytes = { prevHash: bufferOf(row.prevHash), hash: bufferOf(row.hash), body: bufferOf(row.body) };
  const entry = decodeEntry(
    { streamId: streamOf(row), firstSeq, recordCount, ...bytes },
    ` (partition ${partition}, position ${position})`,
  );
  // the entry last: members added to a spread one cost microseconds each
  return { partition, position, epoch, ...entry };
}
