import { entryHash } from './codec.js';
import { EMPTY_HEAD, type Entry, headAfter } from './entry.js';

/** One thing wrong with a stream, at the first seq it was seen. */
export interface ChainFinding {
  readonly streamId: string;
  readonly seq: number;
  readonly finding: string;
}

/** Walks one stream: dense seq, unbroken chain, every hash its own. Null when all is well. */
export function verifyStream(streamId: string, entries: readonly Omit<Entry, 'records'>[]): ChainFinding | null {
  let head = EMPTY_HEAD;
  for (const entry of entries) {
    const at = (finding: string): ChainFinding => ({ streamId, seq: entry.firstSeq, finding });
    if (entry.streamId !== streamId) return at(`belongs to ${entry.streamId}`);
    if (entry.firstSeq !== head.nextSeq) return at(`expected seq ${head.nextSeq}: records are missing or repeated`);
    if (!entry.prevHash.equals(head.lastHash)) return at('does not continue the hash chain');
    if (!entryHash(entry).equals(entry.hash)) return at('hash does not match the bytes');
    head = headAfter(entry as Entry);
  }
  return null;
}
