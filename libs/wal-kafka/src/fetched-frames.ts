import { decodeFrame, type PlacedFrame } from '@intendant/wal';
import type { FetchedRecord } from './log-connection.js';
import { cursorAt } from './offsets.js';

/** Frames of fetched records. Throws `LogCorrupt`. */
export const framesOf = (partition: number, records: readonly FetchedRecord[]): readonly PlacedFrame[] =>
  records.map(({ offset, value }) => ({
    cursor: cursorAt(offset),
    frame: decodeFrame(value, `partition ${partition}, offset ${offset}`),
  }));
