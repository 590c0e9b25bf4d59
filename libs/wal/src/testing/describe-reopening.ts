import { describe, expect, it } from '@jest/globals';
import { BrokenChain, Fenced } from '../errors.js';
import { executionIn, LogBook } from './log-book.js';
import type { OpenWal } from './wal-suite.js';

/** For logs that outlive their process. */
export function describeReopening({ wal, reopen }: OpenWal): void {
  describe('reopening', () => {
    it('finds every entry, and goes on where the log ended', async () => {
      const book = new LogBook();
      const before = await wal().acquire(0);
      for (let n = 0; n < 10; n += 1) await wal().append(before, [book.next(executionIn(0, n % 3), 1 + (n % 2))]);
      const entries = await wal().read(0, 1, 100);
      const stream = await wal().readStream(executionIn(0, 1));
      await reopen();
      expect(await wal().read(0, 1, 100)).toEqual(entries);
      expect(await wal().readStream(executionIn(0, 1))).toEqual(stream);
      expect(await wal().tail(0)).toBe(10);
      const after = await wal().acquire(0);
      expect(after.epoch).toBeGreaterThan(before.epoch);
      expect(await wal().append(after, [book.next(executionIn(0, 1))])).toEqual([11]);
    });

    it('fences a lease of the closed handle', async () => {
      const book = new LogBook();
      const before = await wal().acquire(0);
      await reopen();
      await expect(wal().append(before, [book.peek(executionIn(0))])).rejects.toBeInstanceOf(Fenced);
      await wal().acquire(0);
      await expect(wal().append(before, [book.peek(executionIn(0))])).rejects.toBeInstanceOf(Fenced);
      expect(await wal().tail(0)).toBe(0);
    });

    it('still knows where streams end: none begins again', async () => {
      const book = new LogBook();
      await wal().append(await wal().acquire(0), [book.next(executionIn(0)), book.next(executionIn(0))]);
      await reopen();
      const lease = await wal().acquire(0);
      const again = new LogBook();
      await expect(wal().append(lease, [again.next(executionIn(0))])).rejects.toBeInstanceOf(BrokenChain);
      await expect(wal().append(lease, [again.next(executionIn(0))])).rejects.toBeInstanceOf(BrokenChain);
      expect(await wal().append(lease, [book.next(executionIn(0))])).toEqual([3]);
    });

    it('keeps the number of partitions', async () => {
      const { partitionCount } = wal().describe();
      await reopen();
      expect(wal().describe().partitionCount).toBe(partitionCount);
    });
  });
}
