import { decodeEntry, type StoredEntry } from '@intendant/wal';

/** A row of `entry`, as SELECT_ENTRY names its columns. */
export interface EntryRow {
  readonly partition: number;
  readonly position: number;
  readonly epoch: number;
  readonly streamId: string;
  readonly firstSeq: number;
  readonly recordCount: number;
  readonly prevHash: Blob;
  readonly hash: Blob;
  readonly body: Blob;
}

/** What the driver gives for a BLOB. */
export type Blob = Uint8Array | ArrayBuffer;

export const bufferOf = (blob: Blob): Buffer =>
  blob instanceof ArrayBuffer ? Buffer.from(blob) : Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);

export const SELECT_ENTRY = `SELECT partition, position, epoch, stream_id AS streamId, first_seq AS firstSeq,
  record_count AS recordCount, prev_hash AS prevHash, hash, body FROM entry`;

/** The entry of a row, checked against its hash. */
export function entryOf(row: EntryRow): StoredEntry {
  const { partition, position, epoch, streamId, firstSeq, recordCount } = row;
  const bytes = { prevHash: bufferOf(row.prevHash), hash: bufferOf(row.hash), body: bufferOf(row.body) };
  const entry = decodeEntry(
    { streamId, firstSeq, recordCount, ...bytes },
    ` (partition ${partition}, position ${position})`,
  );
  // the entry last: members added to a spread one cost microseconds each
  return { partition, position, epoch, ...entry };
}
