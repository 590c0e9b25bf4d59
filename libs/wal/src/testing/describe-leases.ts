import { describe, expect, it } from '@jest/globals';
import { Fenced } from '../errors.js';
import { executionIn, LogBook } from './log-book.js';
import type { OpenWal } from './wal-suite.js';

/** One writer per partition. */
export function describeLeases({ wal }: OpenWal): void {
  describe('leases', () => {
    it('have growing epochs and nonces of their own, per partition', async () => {
      const first = await wal().acquire(0);
      const second = await wal().acquire(0);
      const other = await wal().acquire(1);
      expect(second.epoch).toBeGreaterThan(first.epoch);
      expect(second.nonce).not.toBe(first.nonce);
      expect([first.partition, second.partition, other.partition]).toEqual([0, 0, 1]);
      expect(other.epoch).toBe(first.epoch);
    });

    it('fence the earlier holder, who stores nothing', async () => {
      const book = new LogBook();
      const old = await wal().acquire(0);
      await wal().append(old, [book.next(executionIn(0))]);
      const current = await wal().acquire(0);
      await expect(wal().append(old, [book.peek(executionIn(0))])).rejects.toBeInstanceOf(Fenced);
      await expect(wal().append(old, [book.peek(executionIn(0, 5))])).rejects.toBeInstanceOf(Fenced);
      expect(await wal().tail(0)).toBe(1);
      expect(await wal().append(current, [book.next(executionIn(0))])).toEqual([2]);
      expect((await wal().read(0, 1, 10)).map((entry) => entry.epoch)).toEqual([old.epoch, current.epoch]);
    });

    it('leave other partitions alone', async () => {
      const book = new LogBook();
      const lease = await wal().acquire(1);
      await wal().acquire(0);
      expect(await wal().append(lease, [book.next(executionIn(1))])).toEqual([1]);
    });

    it('never let an append of the earlier holder in after the claim', async () => {
      const book = new LogBook();
      const old = await wal().acquire(0);
      const early = wal()
        .append(old, [book.next(executionIn(0))])
        .then(
          ([position]) => position ?? 0,
          () => 0,
        );
      await wal().acquire(0);
      const tailAtClaim = await wal().tail(0);
      expect(await early).toBe(tailAtClaim);
    });

    it.each([-1, 4, 1.5, Number.NaN])(
      'are not given for partition %p, which the log does not have',
      async (partition) => {
        await expect(wal().acquire(partition)).rejects.toBeInstanceOf(RangeError);
      },
    );
  });
}
