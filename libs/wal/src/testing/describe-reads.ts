import { describe, expect, it } from '@jest/globals';
import { recordProblem } from '../codec.js';
import { EMPTY_HEAD } from '../entry.js';
import { LogClosed } from '../errors.js';
import { executionIn, LogBook } from './log-book.js';
import { type OpenWal, WAL_PARTITIONS } from './wal-suite.js';

/** What can be asked of a log. */
export function describeReads({ wal }: OpenWal): void {
  describe('reads', () => {
    it('say what the log promises', () => {
      const { partitionCount, durability } = wal().describe();
      expect(partitionCount).toBe(WAL_PARTITIONS);
      expect(durability).not.toBe('');
    });

    it('of an empty log find nothing', async () => {
      expect(await wal().read(0, 1, 10)).toEqual([]);
      expect(await wal().readStream(executionIn(0))).toEqual([]);
      expect(await wal().streamHead(executionIn(0))).toEqual(EMPTY_HEAD);
      expect(await wal().tail(0)).toBe(0);
    });

    it('by position give a window', async () => {
      const book = new LogBook();
      const lease = await wal().acquire(0);
      for (let n = 0; n < 7; n += 1) await wal().append(lease, [book.next(executionIn(0, n % 3))]);
      const window = async (from: number, limit: number) =>
        (await wal().read(0, from, limit)).map((entry) => entry.position);
      expect(await window(1, 3)).toEqual([1, 2, 3]);
      expect(await window(4, 2)).toEqual([4, 5]);
      expect(await window(6, 10)).toEqual([6, 7]);
      expect(await window(8, 10)).toEqual([]);
      expect(await window(0, 2)).toEqual([1, 2]);
      expect(await window(1, 0)).toEqual([]);
    });

    it('bounded by bytes give what fits whole, and one entry at least', async () => {
      const book = new LogBook();
      const lease = await wal().acquire(0);
      for (const records of [1, 1, 9, 1, 1]) await wal().append(lease, [book.next(executionIn(0), records)]);
      // of another partition: its bodies do not count
      await wal().append(await wal().acquire(1), [book.next(executionIn(1), 9)]);
      const bytes = (await wal().read(0, 1, 10)).map(({ body }) => body.length);
      const bytesOf = (from: number, to: number) => bytes.slice(from - 1, to).reduce((sum, one) => sum + one, 0);
      const window = async (from: number, limit: number, bytesMax: number) =>
        (await wal().read(0, from, limit, bytesMax)).map(({ position }) => position);
      expect(await window(1, 10, bytesOf(1, 3))).toEqual([1, 2, 3]);
      expect(await window(1, 10, bytesOf(1, 3) - 1)).toEqual([1, 2]);
      expect(await window(3, 10, 1)).toEqual([3]);
      expect(await window(0, 2, bytesOf(1, 5))).toEqual([1, 2]);
      expect(await window(6, 10, 1)).toEqual([]);
      expect(await window(1, 0, bytesOf(1, 5))).toEqual([]);
    });

    it('by stream give the whole stream and nothing else', async () => {
      const book = new LogBook();
      const lease = await wal().acquire(0);
      for (let n = 0; n < 6; n += 1) await wal().append(lease, [book.next(executionIn(0, n % 2), n + 1)]);
      const entries = await wal().readStream(executionIn(0, 1));
      expect(entries.map((entry) => [entry.position, entry.firstSeq, entry.recordCount])).toEqual([
        [2, 1, 2],
        [4, 3, 4],
        [6, 7, 6],
      ]);
      expect(entries.flatMap((entry) => entry.records).map(recordProblem)).toEqual(
        Array.from({ length: 12 }, () => null),
      );
      expect(await wal().streamHead(executionIn(0, 1))).toEqual(book.headOf(executionIn(0, 1)));
    });

    it('agree with each other while an append is under way', async () => {
      const book = new LogBook();
      const lease = await wal().acquire(0);
      const append = wal().append(lease, [book.next(executionIn(0))]);
      const head = await wal().streamHead(executionIn(0));
      const stream = await wal().readStream(executionIn(0));
      expect(stream.length).toBeGreaterThanOrEqual(head.nextSeq - 1);
      await append;
      expect((await wal().streamHead(executionIn(0))).nextSeq).toBe(2);
    });
  });

  describe('close', () => {
    it('lets what was appended before it end, refuses what comes after, and can be repeated', async () => {
      const book = new LogBook();
      const lease = await wal().acquire(0);
      const append = wal().append(lease, [book.next(executionIn(0))]);
      await wal().close();
      expect(await append).toEqual([1]);
      await expect(wal().append(lease, [book.next(executionIn(0))])).rejects.toBeInstanceOf(LogClosed);
      await expect(wal().acquire(0)).rejects.toBeInstanceOf(LogClosed);
      await wal().close();
    });
  });
}
