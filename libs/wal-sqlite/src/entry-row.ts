import { decodeEntry, type StoredEntry } from '@intendant/wal';
import { type Blob, bufferOf, bytesOf, integerOf } from './stored-bytes.js';

/** A row of `entry`, as ENTRY_COLUMNS names its columns. */
export interface EntryRow {
  readonly partition: number;
  readonly position: number;
  readonly epoch: number;
  readonly firstSeq: number;
  readonly recordCount: number;
  /** The two hashes, and after them the name of the stream: every value of bytes that the driver makes costs a microsecond. */
  readonly head: Blob;
  readonly body: Blob;
}

const HASH_BYTES = 32;

export const ENTRY_COLUMNS = [
  integerOf('partition'),
  integerOf('position'),
  integerOf('epoch'),
  integerOf('first_seq', 'firstSeq'),
  integerOf('record_count', 'recordCount'),
  bytesOf('prev_hash || hash || stream_id', 'head'),
  bytesOf('body'),
].join(', ');

export const SELECT_ENTRY = `SELECT ${ENTRY_COLUMNS} FROM entry`;

/** What the entry's hash is of, and the hash. A name that was damaged is another one here: then the hash does not match. */
export function hashedOf({ firstSeq, recordCount, head, body }: EntryRow) {
  const bytes = bufferOf(head);
  return {
    streamId: bytes.toString('utf8', 2 * HASH_BYTES),
    firstSeq,
    recordCount,
    prevHash: bytes.subarray(0, HASH_BYTES),
    hash: bytes.subarray(HASH_BYTES, 2 * HASH_BYTES),
    body: bufferOf(body),
  };
}

/** The entry of a row, checked against its hash. */
export function entryOf(row: EntryRow): StoredEntry {
  const { partition, position, epoch } = row;
  const entry = decodeEntry(hashedOf(row), ` (partition ${partition}, position ${position})`);
  // the entry last: members added to a spread one cost microseconds each
  return { partition, position, epoch, ...entry };
}
