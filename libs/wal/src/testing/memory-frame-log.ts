import { LogClosed, Trimmed, UnfitLog } from '../errors.js';
import {
  type Cursor,
  compareCursors,
  type EntryFrame,
  type Frame,
  type PlacedFrame,
  START_CURSOR,
} from '../frames/frame.js';
import type { Appended, Claimed, FrameListener, FrameLog, StopFollowing } from '../frames/frame-log.js';
import type { WalDescription } from '../wal.js';

/** What becomes of the next append: kept and told, kept but its answer lost, or lost with its answer. */
export type AppendFate = 'told' | 'kept' | 'lost';

/**
 * Frames in memory, shared by everybody who holds it: a server of which connections can be cut. It fences nobody, so
 * that whoever writes through it must find out from the frames.
 */
export class MemoryFrameLog implements FrameLog {
  readonly logId: string;
  readonly #partitions: PlacedFrame[][];
  /** Last frame that was dropped, by partition. */
  readonly #dropped = new Map<number, Cursor>();
  readonly #listeners = new Set<{ partition: number; reached: Cursor; isCut: boolean; listener: FrameListener }>();
  /** Last frame that readers may see, by partition, where there are more. */
  readonly #shown = new Map<number, Cursor>();
  #fate: () => AppendFate = () => 'told';
  #refusal: UnfitLog | null = null;
  #placed = 0;
  #closed = false;

  constructor(
    private readonly partitionCount = 4,
    logId = 'memory-log',
  ) {
    this.logId = logId;
    this.#partitions = Array.from({ length: partitionCount }, () => []);
  }

  /** Decides about every append from now on, claims included. */
  decideFate(fate: () => AppendFate): void {
    this.#fate = fate;
  }

  describe(): WalDescription {
    return {
      backend: 'memory',
      durability: 'none: frames live as long as the process',
      survivesPowerLoss: false,
      partitionCount: this.partitionCount,
    };
  }

  /** Makes it too weak to be written for this reason, or right again. */
  weaken(reason: string | null): void {
    this.#refusal = reason === null ? null : new UnfitLog([reason]);
  }

  unfit(): string | null {
    return this.#refusal?.problems[0] ?? null;
  }

  refusal(): UnfitLog | null {
    return this.#refusal;
  }

  async read(partition: number, after: Cursor, limit: number): Promise<readonly PlacedFrame[]> {
    const log = this.#log(partition);
    if (compareCursors(after, this.#droppedOf(partition)) < 0) throw new Trimmed(partition, log[0]?.cursor ?? after);
    const end = this.#endOf(partition);
    const behind = log.filter(({ cursor }) => compareCursors(cursor, after) > 0 && compareCursors(cursor, end) <= 0);
    return behind.slice(0, limit);
  }

  async at(partition: number, cursor: Cursor): Promise<PlacedFrame | null> {
    const log = this.#log(partition);
    if (this.#dropped.has(partition) && compareCursors(cursor, this.#droppedOf(partition)) <= 0)
      throw new Trimmed(partition, log[0]?.cursor ?? cursor);
    return log.find((placed) => placed.cursor === cursor) ?? null;
  }

  async end(partition: number): Promise<Cursor> {
    return this.#endOf(partition);
  }

  follow(partition: number, after: Cursor, listener: FrameListener): StopFollowing {
    const follower = { partition, reached: after, isCut: false, listener };
    this.#listeners.add(follower);
    setImmediate(() => this.#tell());
    return async () => void this.#listeners.delete(follower);
  }

  async claim(partition: number, aboveEpoch: number, nonce: string): Promise<Claimed> {
    const epoch = aboveEpoch + 1;
    const { cursors } = await this.#put(partition, [{ kind: 'claim', epoch, nonce }]);
    return { epoch, cursor: cursors[0] as Cursor };
  }

  async append(
    partition: number,
    _claim: { readonly epoch: number; readonly nonce: string },
    frames: readonly EntryFrame[],
    after: Cursor,
  ): Promise<Appended> {
    const { cursors, before } = await this.#put(partition, frames);
    return { cursors, adjoins: before === after };
  }

  async trim(partition: number, before: Cursor): Promise<void> {
    const log = this.#log(partition);
    const kept = log.filter(({ cursor }) => compareCursors(cursor, before) >= 0);
    const dropped = log[log.length - kept.length - 1];
    if (dropped !== undefined) this.#dropped.set(partition, dropped.cursor);
    this.#partitions[partition] = kept;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
  }

  /** Puts a frame where it is, as a server that was tampered with would. */
  insert(partition: number, frame: Frame): void {
    this.#place(partition, frame);
    this.#tell();
  }

  /** Forgets the last frames, as a server does that lost a suffix. */
  loseLast(partition: number, count: number): void {
    this.#log(partition).splice(-count, count);
  }

  /** Keeps the last frames from readers until the next append or claim, as a server does that was promoted a moment ago. */
  hideLast(partition: number, count: number): void {
    this.#shown.set(partition, this.#log(partition).at(-1 - count)?.cursor ?? '0');
  }

  /** Cuts the connections of everybody who follows, and has them back after `meanwhile`. */
  async interrupt(meanwhile: () => void | Promise<void> = () => undefined): Promise<void> {
    const all = [...this.#listeners];
    for (const follower of all) {
      follower.isCut = true;
      follower.listener.onTrouble(new Error('connection lost'));
    }
    await meanwhile();
    for (const follower of all) {
      follower.isCut = false;
      follower.listener.onTrouble(null);
    }
    this.#tell();
  }

  /** Places of these frames, and of the one before them at the moment when they were put there. */
  async #put(partition: number, frames: readonly Frame[]): Promise<{ cursors: readonly Cursor[]; before: Cursor }> {
    if (this.#closed) throw new LogClosed('closed');
    if (this.#refusal !== null) throw this.#refusal;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    const fate = this.#fate();
    const before = this.#endOf(partition);
    const cursors = fate === 'lost' ? [] : frames.map((frame) => this.#place(partition, frame));
    setImmediate(() => this.#tell());
    if (fate !== 'told') throw new Error('connection lost');
    return { cursors, before };
  }

  #place(partition: number, frame: Frame): Cursor {
    this.#placed += 1;
    this.#shown.delete(partition);
    const cursor = String(this.#placed);
    this.#log(partition).push({ cursor, frame });
    return cursor;
  }

  #tell(): void {
    for (const follower of this.#listeners) {
      const end = this.#endOf(follower.partition);
      const isNews = ({ cursor }: PlacedFrame) =>
        compareCursors(cursor, follower.reached) > 0 && compareCursors(cursor, end) <= 0;
      const news = follower.isCut ? [] : this.#log(follower.partition).filter(isNews);
      if (news.length === 0) continue;
      follower.reached = (news.at(-1) as PlacedFrame).cursor;
      follower.listener.onFrames(news);
    }
  }

  #droppedOf(partition: number): Cursor {
    return this.#dropped.get(partition) ?? START_CURSOR;
  }

  #log(partition: number): PlacedFrame[] {
    const log = this.#partitions[partition];
    if (log === undefined) throw new RangeError(`partition ${partition} is not one of ${this.partitionCount}`);
    return log;
  }

  #endOf(partition: number): Cursor {
    return this.#shown.get(partition) ?? this.#log(partition).at(-1)?.cursor ?? '0';
  }
}
