import {
  BrokenChain,
  type ClaimFrame,
  type Cursor,
  compareCursors,
  decodeEntry,
  type Entry,
  type EntryFrame,
  type Frame,
  judgeFrame,
  LogCorrupt,
  NO_PROGRESS,
  type PartitionProgress,
  type PlacedFrame,
  progressAfter,
  START_CURSOR,
  type StoredEntry,
} from '@intendant/wal';
import type { CopyPlace, CopyStore } from './copy-store.js';
import type { DroppedEntries } from './dropped-entries.js';
import type { TakenFrame } from './taken-frame.js';

/** Names a frame so that another one in its place is noticed. */
export const frameName = (frame: Frame): string =>
  frame.kind === 'claim'
    ? `claim ${frame.epoch} ${frame.nonce}`
    : `entry ${frame.epoch} ${frame.position} ${frame.entry.hash.toString('hex')}`;

/**
 * What this process knows of one partition: a fold of its frames, kept in the journal with the place it reaches. Frames
 * may be given more than once; each counts once. A frame that cannot follow halts the partition for good.
 */
export class PartitionCopy {
  #progress: PartitionProgress = NO_PROGRESS;
  #cursor: Cursor = START_CURSOR;
  #lastFrame = '';
  #halted: LogCorrupt | null = null;
  /** The last entry that was kept since this process began. */
  #lastKept: StoredEntry | null = null;
  readonly #claims: ClaimFrame[] = [];

  constructor(
    readonly partition: number,
    private readonly store: CopyStore,
    private readonly told: {
      readonly onHalted: (error: LogCorrupt) => void;
      /** Entries that another process wrote. */
      readonly onFollowed: (entries: readonly StoredEntry[]) => void;
    },
  ) {
    try {
      const kept = store.placeOf(partition);
      this.#progress = kept.progress;
      this.#cursor = kept.cursor;
      this.#lastFrame = kept.name;
    } catch (error) {
      if (!(error instanceof LogCorrupt)) throw error;
      this.haltFor(error);
    }
  }

  get progress(): PartitionProgress {
    return this.#progress;
  }

  get place(): CopyPlace {
    return { cursor: this.#cursor, name: this.#lastFrame, progress: this.#progress };
  }

  /** Place of the last frame taken. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  /** Names the last frame taken; empty before the first. */
  get lastFrame(): string {
    return this.#lastFrame;
  }

  /** Throws what halted the partition. */
  assertSound(): void {
    if (this.#halted !== null) throw this.#halted;
  }

  get halted(): LogCorrupt | null {
    return this.#halted;
  }

  halt(finding: string): LogCorrupt {
    if (this.#halted === null) {
      this.#halted = new LogCorrupt(`partition ${this.partition}`, finding);
      this.told.onHalted(this.#halted);
    }
    return this.#halted;
  }

  /** What the log itself found to be damaged or gone cannot be trusted any further. */
  haltFor({ place, finding }: LogCorrupt): LogCorrupt {
    const found = place === `partition ${this.partition}` ? finding : `${place}: ${finding}`;
    const { position } = this.#progress;
    return this.halt(position === 0 ? found : `${found}; the copy here has positions 1 to ${position}`);
  }

  /** Takes frames that follow what was taken before; `known` are decoded entries by their hash, which need no decoding. */
  take(frames: readonly PlacedFrame[], known: ReadonlyMap<string, Entry> = new Map()): void {
    this.assertSound();
    const news = frames.filter(({ cursor }) => compareCursors(cursor, this.#cursor) > 0);
    const last = news.at(-1);
    if (last === undefined) return;
    try {
      let progress = this.#progress;
      const taken = news.map((placed): TakenFrame => {
        const verdict = this.#judge(progress, placed);
        if (verdict !== 'void') progress = progressAfter(progress, placed.frame);
        if (placed.frame.kind === 'claim') {
          if (verdict === 'opened') this.#claims.push(placed.frame);
          return { placed, verdict, entry: null, own: false };
        }
        const ours = known.get(placed.frame.entry.hash.toString('latin1'));
        return {
          placed,
          verdict,
          entry: verdict === 'counts' ? this.#entryOf(placed.frame, ours, placed.cursor) : null,
          own: ours !== undefined,
        };
      });
      this.store.keep(this.partition, taken, { cursor: last.cursor, name: frameName(last.frame), progress });
      this.#progress = progress;
      this.#cursor = last.cursor;
      this.#lastFrame = frameName(last.frame);
      this.#lastKept = taken.findLast(({ entry }) => entry !== null)?.entry ?? this.#lastKept;
      const followed = taken.flatMap(({ entry, own }) => (entry === null || own ? [] : [entry]));
      if (followed.length > 0) this.told.onFollowed(followed);
    } catch (error) {
      if (error instanceof LogCorrupt || error instanceof BrokenChain) throw this.halt(error.message);
      throw error;
    }
  }

  #judge(progress: PartitionProgress, { cursor, frame }: PlacedFrame): TakenFrame['verdict'] {
    const verdict = judgeFrame(progress, frame);
    if (verdict !== 'gap') return verdict;
    const found = frame.kind === 'entry' ? `position ${frame.position} of epoch ${frame.epoch}` : 'a claim';
    throw new LogCorrupt(
      `partition ${this.partition}`,
      `positions ${progress.position + 1} to ${frame.kind === 'entry' ? frame.position - 1 : '?'} are missing: ${found} follows position ${progress.position} of epoch ${progress.epoch} (at ${cursor})`,
    );
  }

  #entryOf({ entry: raw, epoch, position }: EntryFrame, known: Entry | undefined, cursor: Cursor): StoredEntry {
    const place = ` (partition ${this.partition}, position ${position}, at ${cursor})`;
    return { ...(known ?? decodeEntry(raw, place)), partition: this.partition, position, epoch };
  }

  /** Goes on behind what the log has dropped, from the place that is kept elsewhere; halts when the two do not meet. */
  async restore(archive: DroppedEntries): Promise<void> {
    const place = await archive.newestPlace(this.partition);
    if (place === null || compareCursors(place.cursor, this.#cursor) <= 0) {
      this.halt(`the log dropped what follows ${this.#cursor}, and the archive does not reach beyond`);
      return;
    }
    const { position } = place.progress;
    try {
      for await (const frames of archive.entries(this.partition, this.store.tail(this.partition) + 1, position))
        this.store.keepDropped(
          this.partition,
          frames.map((frame) => this.#entryOf(frame, undefined, 'the archive')),
        );
      const tail = this.store.tail(this.partition);
      if (tail !== position) throw new LogCorrupt(`partition ${this.partition}`, `the archive ends at ${tail}`);
    } catch (error) {
      if (!(error instanceof LogCorrupt || error instanceof BrokenChain)) throw error;
      this.halt(error.message);
      return;
    }
    this.store.keep(this.partition, [], place);
    this.#progress = place.progress;
    this.#cursor = place.cursor;
    this.#lastFrame = place.name;
  }

  /** Claims above `epoch` that were taken since this process began, oldest first. */
  claimsAbove(epoch: number): readonly ClaimFrame[] {
    return this.#claims.filter((claim) => claim.epoch > epoch);
  }

  /** Whether this entry counts at this position. */
  holds({ position, entry }: EntryFrame): boolean {
    // a writer asks about what was kept a moment ago; to read that from the journal costs as much as to keep it
    if (this.#lastKept?.position === position) return this.#lastKept.hash.equals(entry.hash);
    return position <= this.#progress.position && this.store.holds(this.partition, position, entry.hash);
  }
}
