import type { Cursor } from '@intendant/wal';

/** `P-0` is the entry at position P, `P-1` and up are the claims behind it: places are the stream's ids and have no holes. */
export const entryCursor = (position: number): Cursor => `${position}-0`;

/** Whole id of a cursor that may lack its second part. */
export const idOf = (cursor: Cursor): string => (cursor.includes('-') ? cursor : `${cursor}-0`);

export function partsOf(cursor: Cursor): { readonly position: number; readonly claim: number } {
  const [position = '0', claim = '0'] = cursor.split('-');
  return { position: Number(position), claim: Number(claim) };
}

/** Whether nothing but claims can stand between the two: `next` is the entry or the claim behind `cursor`. */
export function follows(next: Cursor, cursor: Cursor): boolean {
  const [there, here] = [partsOf(next), partsOf(cursor)];
  if (there.position === here.position) return there.claim === here.claim + 1;
  return there.position === here.position + 1 && there.claim === 0;
}
