import type { Entry } from '../entry.js';

/** Opens an epoch: whoever appended it may append entries until a claim with a higher epoch follows. */
export interface ClaimFrame {
  readonly kind: 'claim';
  readonly epoch: number;
  /** Tells two claims of the same epoch apart; only the first of them counts. */
  readonly nonce: string;
}

/** An entry with its envelope. Whether it counts is for the log's order to say; see `judgeFrame`. */
export interface EntryFrame {
  readonly kind: 'entry';
  readonly epoch: number;
  readonly position: number;
  readonly entry: Omit<Entry, 'records'>;
}

/** What a server keeps of a partition, one after the other. */
export type Frame = ClaimFrame | EntryFrame;

/**
 * Place of a frame in its partition, as the backend numbers it: `N` or `N-M`, growing and perhaps with holes. It says where
 * to go on reading; nothing that is hashed or answered depends on it.
 */
export type Cursor = string;

export interface PlacedFrame {
  readonly cursor: Cursor;
  readonly frame: Frame;
}

/** Before the first frame of a partition. */
export const START_CURSOR: Cursor = '0';

/** Negative when `left` comes first, 0 when both are the same place. */
export function compareCursors(left: Cursor, right: Cursor): number {
  const [leftMain = '0', leftSub = '0'] = left.split('-');
  const [rightMain = '0', rightSub = '0'] = right.split('-');
  return leftMain === rightMain ? Number(leftSub) - Number(rightSub) : Number(leftMain) - Number(rightMain);
}
