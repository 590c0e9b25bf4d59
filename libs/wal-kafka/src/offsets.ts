import type { Cursor } from '@intendant/wal';

/** A record's offset in its Kafka partition; the first one is 0. */
export type Offset = bigint;

/** A cursor is the offset and 1, so that the start is before the first frame. It also is the offset to go on reading from. */
export const cursorAt = (offset: Offset): Cursor => String(offset + 1n);

/** Offset of the frame that follows this place. */
export const offsetBehind = (cursor: Cursor): Offset => BigInt(cursor);

/** Cursor of the last frame before this offset. */
export const cursorBefore = (offset: Offset): Cursor => String(offset);
