import type { Claimed, Cursor, FrameLog } from '@intendant/wal';
import { frameName, type PartitionCopy } from './partition-copy.js';
import { readUpTo } from './read-up-to.js';

/** A frame that the log must still hold. */
export interface HeldFrame {
  readonly cursor: Cursor;
  /** As `frameName` says; empty when nothing was copied yet. */
  readonly name: string;
}

export const lastHeld = ({ cursor, lastFrame }: PartitionCopy): HeldFrame => ({ cursor, name: lastFrame });

/** Halts the partition, and throws, when the log does not hold the frame that was copied last. */
export async function assertHolds(log: FrameLog, copy: PartitionCopy, { cursor, name }: HeldFrame): Promise<void> {
  if (name === '') return;
  const placed = await log.at(copy.partition, cursor);
  if (placed !== null && frameName(placed.frame) === name) return;
  throw copy.halt(await findingOf(log, copy, cursor, placed === null));
}

async function findingOf(log: FrameLog, copy: PartitionCopy, cursor: Cursor, isGone: boolean): Promise<string> {
  const { position, epoch } = copy.progress;
  if (!isGone)
    return `the log holds another frame at ${cursor} than the one that was copied, position ${position} of epoch ${epoch}`;
  const end = await log.end(copy.partition);
  return `the log ends at ${end} and lost what was copied up to ${cursor}: position ${position} of epoch ${epoch} and what came before it`;
}

/**
 * Claims once and reads up to the claim; the claim counts when the copy's nonce is `nonce` afterwards. Whoever claims goes
 * on where the copy ends, so the log is held against it first: behind a claim it shows all that it has.
 */
export async function claimBehind(log: FrameLog, copy: PartitionCopy, nonce: string): Promise<Claimed> {
  const held = lastHeld(copy);
  const claimed = await log.claim(copy.partition, copy.progress.epoch, nonce);
  await assertHolds(log, copy, held);
  await readUpTo(log, copy, claimed.cursor);
  return claimed;
}
