import type { UnfitLog } from '../errors.js';
import type { WalDescription } from '../wal.js';
import type { Cursor, EntryFrame, PlacedFrame } from './frame.js';

export interface Claimed {
  readonly epoch: number;
  /** Where the claim stands; everything before it must be read before anything is appended behind it. */
  readonly cursor: Cursor;
}

export interface Appended {
  /** One per frame, in their order. */
  readonly cursors: readonly Cursor[];
  /** True when nothing lies between the frame that the writer knew as the last one and the first of these. */
  readonly adjoins: boolean;
}

/** Stops following; resolves when nothing more will be told. */
export type StopFollowing = () => Promise<void>;

export interface FrameListener {
  /** Frames in their order, none left out and none told twice. */
  readonly onFrames: (frames: readonly PlacedFrame[]) => void;
  /** Following is interrupted and goes on by itself; told again with null when it does. */
  readonly onTrouble: (error: Error | null) => void;
}

/**
 * A log on a server: each partition an ordered list of frames that many may read and, by accident, more than one may
 * write. It keeps order and durability; which frames count, the order itself says (`judgeFrame`).
 *
 * - What resolves is durable as {@link WalDescription.durability} says, and every reader sees it from then on.
 * - `append` is atomic. `Fenced` and `NotSent` mean that nothing of it was stored. After any other rejection nobody can tell, and
 *   the backend has thrown away the connection or producer that failed: a new claim decides what became of it.
 * - Settings weaker than the promise are refused when the log is opened. When the servers turn out to be weaker later, `append`
 *   and `claim` reject with `UnfitLog` before anything is sent, until they are right again; {@link refusal} says so beforehand.
 */
export interface FrameLog {
  /** Made when the log was created. Another one means that the servers were swapped or emptied. */
  readonly logId: string;
  describe(): WalDescription;
  /** Why appends cannot be promised at the moment, or null: what {@link refusal} says, or that the servers are out of reach. */
  unfit(): string | null;
  /** What appends and claims are refused with, or null: what the servers said last of themselves. */
  refusal(): UnfitLog | null;
  /** Up to `limit` frames behind `after`, in order; empty at the end. Throws `LogCorrupt` for bytes that are no frame. */
  read(partition: number, after: Cursor, limit: number): Promise<readonly PlacedFrame[]>;
  /** The frame at this place, or null when there is none. It may be one that readers are not shown yet. */
  at(partition: number, cursor: Cursor): Promise<PlacedFrame | null>;
  /** Place of the last frame that readers may see: whoever has applied up to it has seen all that was acknowledged before. */
  end(partition: number): Promise<Cursor>;
  follow(partition: number, after: Cursor, listener: FrameListener): StopFollowing;
  /** Appends a claim with an epoch above `aboveEpoch` and above what the backend itself knows. */
  claim(partition: number, aboveEpoch: number, nonce: string): Promise<Claimed>;
  /** Appends frames of one open claim behind `after`, the last frame that the writer knows. One batch at a time per partition. */
  append(
    partition: number,
    claim: { readonly epoch: number; readonly nonce: string },
    frames: readonly EntryFrame[],
    after: Cursor,
  ): Promise<Appended>;
  /** Drops the frames before `before`, which the caller has kept elsewhere; what is dropped need not be more than whole pages. */
  trim(partition: number, before: Cursor): Promise<void>;
  close(): Promise<void>;
}
