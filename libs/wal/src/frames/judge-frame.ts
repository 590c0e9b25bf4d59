import type { Frame } from './frame.js';

/** What the frames of a partition came to so far. */
export interface PartitionProgress {
  /** Highest epoch claimed; 0 before the first claim. */
  readonly epoch: number;
  /** Nonce of the claim that opened it. */
  readonly nonce: string;
  /** Position of the last entry that counts. */
  readonly position: number;
}

export const NO_PROGRESS: PartitionProgress = { epoch: 0, nonce: '', position: 0 };

/**
 * What a frame comes to behind what was read before it:
 *
 * - `opened`: a claim above every earlier one;
 * - `counts`: an entry of the open epoch at the next position;
 * - `void`: a claim that came too late, an entry of a deposed writer, or one that was written before;
 * - `gap`: an entry of the open epoch beyond the next position. The log lost something; nothing behind it can be trusted.
 */
export type FrameVerdict = 'opened' | 'counts' | 'void' | 'gap';

/** The one rule by which every reader of a partition agrees on its entries, whoever wrote into it. */
export function judgeFrame(progress: PartitionProgress, frame: Frame): FrameVerdict {
  if (frame.kind === 'claim') return frame.epoch > progress.epoch ? 'opened' : 'void';
  if (frame.epoch !== progress.epoch) return frame.epoch > progress.epoch ? 'gap' : 'void';
  if (frame.position === progress.position + 1) return 'counts';
  return frame.position <= progress.position ? 'void' : 'gap';
}

/** Progress after a frame that was judged `opened` or `counts`. */
export function progressAfter(progress: PartitionProgress, frame: Frame): PartitionProgress {
  return frame.kind === 'claim'
    ? { ...progress, epoch: frame.epoch, nonce: frame.nonce }
    : { ...progress, position: frame.position };
}
