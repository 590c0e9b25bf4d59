import type { Claimed, FrameLog } from '@intendant/wal';
import { assertHolds, lastHeld } from './held-frame.js';
import type { PartitionCopy } from './partition-copy.js';
import { readUpTo } from './read-up-to.js';

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
