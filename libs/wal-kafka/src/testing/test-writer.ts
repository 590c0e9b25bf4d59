import { type Cursor, type EntryFrame, type FrameLog, type PlacedFrame, START_CURSOR } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';

/** An entry that begins its own stream, told from others by its position. */
export function entryFrame(epoch: number, position: number): EntryFrame {
  const { records: _records, ...entry } = new LogBook().next(executionIn(0, position));
  return { kind: 'entry', epoch, position, entry };
}

/** Positions of the entries among these frames. */
export const positionsIn = (placed: readonly PlacedFrame[]): readonly number[] =>
  placed.flatMap(({ frame }) => (frame.kind === 'entry' ? [frame.position] : []));

/** Every frame of a partition. */
export async function readAll(log: FrameLog, partition: number): Promise<readonly PlacedFrame[]> {
  const all: PlacedFrame[] = [];
  for (;;) {
    const more = await log.read(partition, all.at(-1)?.cursor ?? START_CURSOR, 1_000);
    if (more.length === 0) return all;
    all.push(...more);
  }
}

/** More than any outage of a test comes to. */
const FAILURES_AT_MOST = 100;

/** Appends entries one after the other, each under a position of its own, and claims again after every failure. */
export class TestWriter {
  /** Positions whose append resolved. */
  readonly acknowledged: number[] = [];
  readonly failures: Error[] = [];
  #epoch = 0;
  #position = 0;
  #last: Cursor | undefined;

  constructor(
    private readonly log: FrameLog,
    private readonly partition = 0,
  ) {}

  /** One more entry; false when it or the claim before it was rejected. */
  async appendNext(): Promise<boolean> {
    try {
      this.#last ??= await this.#claim();
      this.#position += 1;
      const frames = [entryFrame(this.#epoch, this.#position)];
      const { cursors } = await this.log.append(this.partition, { epoch: this.#epoch, nonce: 'w' }, frames, this.#last);
      this.#last = cursors[0] as Cursor;
      this.acknowledged.push(this.#position);
      return true;
    } catch (error) {
      this.failures.push(error as Error);
      this.#last = undefined;
      return false;
    }
  }

  /** Throws after {@link FAILURES_AT_MOST} failures. */
  async appendUntil(enough: () => boolean): Promise<void> {
    while (!enough()) {
      await this.appendNext();
      if (this.failures.length > FAILURES_AT_MOST) throw this.failures.at(-1);
    }
  }

  async #claim(): Promise<Cursor> {
    const { epoch, cursor } = await this.log.claim(this.partition, this.#epoch, 'w');
    this.#epoch = epoch;
    return cursor;
  }
}
