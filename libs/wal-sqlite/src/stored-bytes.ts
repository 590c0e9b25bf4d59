import type { JsonValue } from '@intendant/kernel';
import { LogCorrupt } from '@intendant/wal';

/** What the driver gives for a BLOB. */
export type Blob = Uint8Array | ArrayBuffer;

/** Nothing where damage left nothing in a column that always has something. */
export const bufferOf = (blob: Blob | null): Buffer => {
  if (blob === null) return Buffer.alloc(0);
  return blob instanceof ArrayBuffer ? Buffer.from(blob) : Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
};

/**
 * A column to select, as bytes. The driver ends the whole process when it is given text that is not UTF-8, and one
 * flipped bit makes such text, also of a BLOB. So nothing is selected as text; comparisons go on with the column itself.
 */
export const bytesOf = (column: string, name = column): string => `CAST(${column} AS BLOB) AS ${name}`;

/** A column of numbers: damaged it may hold text or bytes, and what is no number cannot be bound as one again. */
export const integerOf = (column: string, name = column): string => `CAST(${column} AS INTEGER) AS ${name}`;

/** Rows of one place in the log; a page of it that is damaged is `LogCorrupt` there, like an entry. */
export function rowsAt<T>(place: () => string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('SQLITE_CORRUPT') !== true) throw error;
    throw new LogCorrupt(place(), (error as Error).message);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of these bytes; throws {@link LogCorrupt} naming `place` when they are none. */
export function textOf(blob: Blob, place: string): string {
  try {
    return UTF8.decode(blob);
  } catch {
    throw new LogCorrupt(place, 'is not text in UTF-8');
  }
}

export function jsonOf(blob: Blob, place: string): JsonValue {
  const text = textOf(blob, place);
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new LogCorrupt(place, 'is not JSON');
  }
}
