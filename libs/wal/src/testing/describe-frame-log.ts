import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { APPEND_BYTES_MAX } from '../append-checks.js';
import { type Cursor, compareCursors, type EntryFrame, type PlacedFrame, START_CURSOR } from '../frames/frame.js';
import type { FrameLog, StopFollowing } from '../frames/frame-log.js';
import { executionIn, LogBook } from './log-book.js';
import { WAL_PARTITIONS } from './wal-suite.js';

/** One log on a server, empty at first, which outlives its handles. */
export interface FrameLogBench {
  /** Another handle on the same log, as another process would have it. */
  open(): Promise<FrameLog>;
  destroy(): Promise<void>;
}

const frame = (epoch: number, position: number, book: LogBook, partition = 0): EntryFrame => {
  const { records: _records, ...entry } = book.next(executionIn(partition, position));
  return { kind: 'entry', epoch, position, entry };
};
const plain = (placed: readonly PlacedFrame[]) => placed.map(({ frame: one }) => one);

/** The contract of {@link FrameLog}. `create` makes an empty log of {@link WAL_PARTITIONS} partitions. */
export function describeFrameLog(name: string, create: () => Promise<FrameLogBench>): void {
  describe(`frame log: ${name}`, () => {
    let bench: FrameLogBench;
    const opened: FrameLog[] = [];
    const open = async (): Promise<FrameLog> => {
      const log = await bench.open();
      opened.push(log);
      return log;
    };
    beforeEach(async () => {
      bench = await create();
    });
    afterEach(async () => {
      for (const log of opened.splice(0)) await log.close();
      await bench.destroy();
    });

    it('is empty at first, fit, and says what it promises', async () => {
      const log = await open();
      expect(await log.read(0, START_CURSOR, 10)).toEqual([]);
      expect(await log.end(0)).toBe(START_CURSOR);
      expect(log.unfit()).toBeNull();
      expect(log.describe().partitionCount).toBe(WAL_PARTITIONS);
      expect(log.describe().durability).not.toBe('');
    });

    it('has one id, whoever opens it', async () => {
      const [first, second] = [await open(), await open()];
      expect(first.logId).not.toBe('');
      expect(second.logId).toBe(first.logId);
    });

    it('keeps claims and entries in the order in which they were appended, and gives them back byte for byte', async () => {
      const [log, book] = [await open(), new LogBook()];
      const claimed = await log.claim(0, 0, 'a');
      const claim = { epoch: claimed.epoch, nonce: 'a' };
      expect(claimed.epoch).toBe(1);
      const batch = [frame(1, 1, book), frame(1, 2, book)];
      const appended = await log.append(0, claim, batch, claimed.cursor);
      expect(appended.adjoins).toBe(true);
      const more = [frame(1, 3, book)];
      const again = await log.append(0, claim, more, appended.cursors.at(-1) as Cursor);
      expect(again.adjoins).toBe(true);
      const placed = await log.read(0, START_CURSOR, 10);
      expect(plain(placed)).toEqual([{ kind: 'claim', epoch: 1, nonce: 'a' }, ...batch, ...more]);
      expect(placed.map(({ cursor }) => cursor)).toEqual([claimed.cursor, ...appended.cursors, ...again.cursors]);
      const sorted = placed.map(({ cursor }) => cursor).sort(compareCursors);
      expect(sorted).toEqual(placed.map(({ cursor }) => cursor));
      expect(await log.end(0)).toBe(again.cursors[0]);
      expect(await log.read(1, START_CURSOR, 10)).toEqual([]);
    });

    it('takes the largest append that there is, and gives it back', async () => {
      const [log, book] = [await open(), new LogBook()];
      const { epoch, cursor } = await log.claim(0, 0, 'a');
      const small = frame(epoch, 1, book);
      const large = { ...small, entry: { ...small.entry, body: Buffer.alloc(APPEND_BYTES_MAX, 'x') } };
      const { cursors } = await log.append(0, { epoch, nonce: 'a' }, [large], cursor);
      expect(cursors).toHaveLength(1);
      const [found] = await log.read(0, cursor, 10);
      expect(found?.frame.kind === 'entry' && found.frame.entry.body.equals(large.entry.body)).toBe(true);
    });

    it('reads a window behind a place, and the frame at a place', async () => {
      const [log, book] = [await open(), new LogBook()];
      const { epoch, cursor } = await log.claim(2, 0, 'a');
      const frames = [1, 2, 3, 4].map((position) => frame(epoch, position, book, 2));
      const { cursors } = await log.append(2, { epoch, nonce: 'a' }, frames, cursor);
      expect(plain(await log.read(2, cursors[0] as Cursor, 2))).toEqual(frames.slice(1, 3));
      expect(await log.read(2, cursors[3] as Cursor, 2)).toEqual([]);
      expect(await log.at(2, cursors[2] as Cursor)).toEqual({ cursor: cursors[2], frame: frames[2] });
      expect(await log.at(2, '999999999')).toBeNull();
    });

    it('gives a later claim a higher epoch, even to one who knows of none', async () => {
      const [first, second] = [await open(), await open()];
      const one = await first.claim(0, 0, 'a');
      const two = await second.claim(0, one.epoch, 'b');
      expect(two.epoch).toBeGreaterThan(one.epoch);
      const claims = plain(await second.read(0, START_CURSOR, 10));
      expect(claims.map((claim) => (claim.kind === 'claim' ? claim.nonce : ''))).toEqual(['a', 'b']);
    });

    it('lets nothing of a deposed writer pass unnoticed: it is refused, or told that something lies between', async () => {
      const [old, book] = [await open(), new LogBook()];
      const before = await old.claim(0, 0, 'a');
      await (await open()).claim(0, before.epoch, 'b');
      const appended = await old
        .append(0, { epoch: before.epoch, nonce: 'a' }, [frame(before.epoch, 1, book)], before.cursor)
        .catch((error: Error) => error);
      if (appended instanceof Error) expect(appended.name).toBe('Fenced');
      else expect(appended.adjoins).toBe(false);
    });

    describe('following', () => {
      const heard = (log: FrameLog, partition: number, after: Cursor) => {
        const frames: PlacedFrame[] = [];
        let wake: () => void = () => undefined;
        const stop: StopFollowing = log.follow(partition, after, {
          onFrames: (more) => {
            frames.push(...more);
            wake();
          },
          onTrouble: () => undefined,
        });
        const count = async (wanted: number): Promise<readonly PlacedFrame[]> => {
          while (frames.length < wanted)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          return frames;
        };
        return { frames, stop, count };
      };

      it('tells what is there and what comes, in order and once, to handles of other processes too', async () => {
        const [writer, reader, book] = [await open(), await open(), new LogBook()];
        const { epoch, cursor } = await writer.claim(1, 0, 'a');
        const listener = heard(reader, 1, START_CURSOR);
        let last = cursor;
        for (let position = 1; position <= 20; position += 1) {
          const { cursors } = await writer.append(1, { epoch, nonce: 'a' }, [frame(epoch, position, book, 1)], last);
          last = cursors[0] as Cursor;
        }
        expect(await listener.count(21)).toEqual(await reader.read(1, START_CURSOR, 100));
        await listener.stop();
      });

      it('begins behind the place it is given, each partition by itself', async () => {
        const [log, book] = [await open(), new LogBook()];
        const zero = await log.claim(0, 0, 'a');
        const two = await log.claim(2, 0, 'a');
        const first = await log.append(0, { epoch: zero.epoch, nonce: 'a' }, [frame(zero.epoch, 1, book)], zero.cursor);
        const listener = heard(log, 0, first.cursors[0] as Cursor);
        await log.append(2, { epoch: two.epoch, nonce: 'a' }, [frame(two.epoch, 1, book, 2)], two.cursor);
        const next = [frame(zero.epoch, 2, book)];
        await log.append(0, { epoch: zero.epoch, nonce: 'a' }, next, first.cursors[0] as Cursor);
        expect(plain(await listener.count(1))).toEqual(next);
        await listener.stop();
      });

      it('tells nothing after it was stopped', async () => {
        const [log, book] = [await open(), new LogBook()];
        const { epoch, cursor } = await log.claim(0, 0, 'a');
        const listener = heard(log, 0, START_CURSOR);
        await listener.count(1);
        await listener.stop();
        const other = heard(log, 0, cursor);
        await log.append(0, { epoch, nonce: 'a' }, [frame(epoch, 1, book)], cursor);
        await other.count(1);
        expect(listener.frames).toHaveLength(1);
        await other.stop();
      });
    });

    it('drops what lies before a place, and goes on behind it', async () => {
      const [log, book] = [await open(), new LogBook()];
      const { epoch, cursor } = await log.claim(0, 0, 'a');
      const frames = [1, 2, 3].map((position) => frame(epoch, position, book));
      const { cursors } = await log.append(0, { epoch, nonce: 'a' }, frames, cursor);
      await log.trim(0, cursors[1] as Cursor);
      expect(plain(await log.read(0, cursors[0] as Cursor, 10))).toEqual(frames.slice(1));
      const more = await log.append(0, { epoch, nonce: 'a' }, [frame(epoch, 4, book)], cursors[2] as Cursor);
      expect(more.adjoins).toBe(true);
    });

    it('is found as it was by the next who opens it', async () => {
      const [log, book] = [await open(), new LogBook()];
      const { epoch, cursor } = await log.claim(3, 0, 'a');
      await log.append(3, { epoch, nonce: 'a' }, [frame(epoch, 1, book, 3)], cursor);
      const before = await log.read(3, START_CURSOR, 10);
      await log.close();
      const later = await open();
      expect(await later.read(3, START_CURSOR, 10)).toEqual(before);
      expect((await later.claim(3, epoch, 'b')).epoch).toBeGreaterThan(epoch);
    });
  });
}
