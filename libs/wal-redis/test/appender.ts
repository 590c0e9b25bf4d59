import { type Claimed, type Cursor, type EntryFrame, type PlacedFrame, START_CURSOR } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import type { RedisFrameLog } from '../src/redis-frame-log.js';

/** Claims a partition and appends one frame after the other: the side of the log's caller. */
export class Appender {
  /** What `append` resolved for. */
  readonly acknowledged: EntryFrame[] = [];
  readonly #book = new LogBook();

  private constructor(
    private readonly log: RedisFrameLog,
    readonly partition: number,
    readonly claimed: Claimed,
    private last: Cursor,
    private position: number,
  ) {}

  /** Claims anew and goes on behind whatever the log holds by then. */
  static async claim(log: RedisFrameLog, partition = 0, nonce = 'a', aboveEpoch = 0): Promise<Appender> {
    const claimed = await log.claim(partition, aboveEpoch, nonce);
    return new Appender(log, partition, claimed, claimed.cursor, Number(claimed.cursor.split('-')[0]));
  }

  /** The frames that come next; `bytesEach` makes their bodies at least so long. */
  frames(count = 1, bytesEach = 0): readonly EntryFrame[] {
    return Array.from({ length: count }, (_none, index) => {
      const position = this.position + 1 + index;
      const { records: _records, ...entry } = this.#book.peek(executionIn(this.partition, position));
      const body = Buffer.concat([entry.body, Buffer.alloc(Math.max(0, bytesEach - entry.body.length), ' ')]);
      return { kind: 'entry', epoch: this.claimed.epoch, position, entry: { ...entry, body } };
    });
  }

  async append(frames: readonly EntryFrame[] = this.frames(), nonce = 'a'): Promise<readonly Cursor[]> {
    const { epoch } = this.claimed;
    const { cursors } = await this.log.append(this.partition, { epoch, nonce }, frames, this.last);
    this.acknowledged.push(...frames);
    this.last = cursors.at(-1) as Cursor;
    this.position += frames.length;
    return cursors;
  }
}

/** Every entry that the log holds, in order. */
export async function entriesIn(log: RedisFrameLog, partition = 0): Promise<readonly EntryFrame[]> {
  const placed = await allIn(log, partition);
  return placed.flatMap(({ frame }) => (frame.kind === 'entry' ? [frame] : []));
}

export const allIn = (log: RedisFrameLog, partition = 0): Promise<readonly PlacedFrame[]> =>
  log.read(partition, START_CURSOR, 1_000_000);

/** What a promise rejected with; fails the test when it resolved. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error: Error) => error,
  );
}

/** Waits until the question is answered with true. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => void setTimeout(resolve, 10));
}

/** Tries again until it succeeds, as a caller does while a server is away. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => void setTimeout(resolve, 20));
    }
  }
}
