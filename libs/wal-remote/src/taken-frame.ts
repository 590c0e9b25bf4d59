import type { FrameVerdict, PlacedFrame, StoredEntry } from '@intendant/wal';

/** A frame that was taken, with what it came to. `entry` is there for those that count. */
export interface TakenFrame {
  readonly placed: PlacedFrame;
  readonly verdict: Exclude<FrameVerdict, 'gap'>;
  readonly entry: StoredEntry | null;
  /** It was appended by this process. */
  readonly own: boolean;
}
