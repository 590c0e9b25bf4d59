import { describe, expect, it } from '@jest/globals';
import { APPEND_BYTES_MAX } from '../append-checks.js';
import { encodeEntry } from '../codec.js';
import { EMPTY_HEAD, type Entry, type StoredEntry } from '../entry.js';
import { AppendTooLarge, BrokenChain } from '../errors.js';
import { verifyStream } from '../verify.js';
import type { Lease } from '../wal.js';
import { executionIn, LogBook } from './log-book.js';
import { sampleAttribution } from './samples.js';
import type { OpenWal } from './wal-suite.js';

const bytesOf = (entries: readonly Entry[]) =>
  entries.map(({ body, hash }) => `${hash.toString('hex')} ${body.toString('utf8')}`);
const positionsOf = (entries: readonly StoredEntry[]) => entries.map((entry) => entry.position);

/** The first entry of a stream, with a body of so many bytes and some. */
function entryOf(streamId: string, bytes: number): Entry {
  const data = { context: { text: 'x'.repeat(bytes) }, userId: 'ada' };
  const draft = { type: 'session.opened', actor: 'user:ada', cause: null, data } as const;
  return encodeEntry(streamId, EMPTY_HEAD, sampleAttribution(streamId), '2026-01-01T00:00:00.000Z', [draft]);
}

/** Positions, batches and what is refused. */
export function describeAppends({ wal }: OpenWal): void {
  describe('append', () => {
    it('gives positions dense from 1 in each partition', async () => {
      const book = new LogBook();
      const [first, second] = [await wal().acquire(0), await wal().acquire(1)];
      expect(await wal().append(first, [book.next(executionIn(0))])).toEqual([1]);
      expect(await wal().append(second, [book.next(executionIn(1), 3)])).toEqual([1]);
      expect(await wal().append(first, [book.next(executionIn(0), 2), book.next(executionIn(0, 1))])).toEqual([2, 3]);
      expect(positionsOf(await wal().read(0, 1, 10))).toEqual([1, 2, 3]);
      expect([await wal().tail(0), await wal().tail(1), await wal().tail(2)]).toEqual([3, 1, 0]);
    });

    it('stores the bytes it was given', async () => {
      const book = new LogBook();
      const entry = book.next(executionIn(2), 4);
      await wal().append(await wal().acquire(2), [entry]);
      const [stored] = await wal().readStream(entry.streamId);
      expect(stored).toEqual({ ...entry, partition: 2, position: 1, epoch: 1 });
    });

    it('keeps the order of a batch, several entries of one stream included', async () => {
      const book = new LogBook();
      const batch = [
        book.next(executionIn(3)),
        book.next(executionIn(3, 1)),
        book.next(executionIn(3), 2),
        book.next(executionIn(3)),
      ];
      await wal().append(await wal().acquire(3), batch);
      expect(bytesOf(await wal().read(3, 1, 10))).toEqual(bytesOf(batch));
      expect(verifyStream(executionIn(3), await wal().readStream(executionIn(3)))).toBeNull();
    });

    it('stores all of a batch or nothing of it', async () => {
      const book = new LogBook();
      const lease = await wal().acquire(0);
      const good = book.next(executionIn(0));
      const orphan = { ...book.peek(executionIn(0, 1)), prevHash: Buffer.alloc(32, 7) };
      await expect(wal().append(lease, [good, orphan])).rejects.toBeInstanceOf(BrokenChain);
      await expect(wal().append(lease, [orphan, good])).rejects.toBeInstanceOf(BrokenChain);
      expect(await wal().tail(0)).toBe(0);
      expect(await wal().readStream(good.streamId)).toEqual([]);
      expect(await wal().append(lease, [good])).toEqual([1]);
    });

    it('takes as much as is allowed at once, and refuses more under a lease that stays as it was', async () => {
      const lease = await wal().acquire(0);
      const book = new LogBook();
      const largest = entryOf(executionIn(0, 1), APPEND_BYTES_MAX - 1_024);
      const refused = entryOf(executionIn(0, 2), APPEND_BYTES_MAX);
      const results = await Promise.allSettled([
        wal().append(lease, [book.next(executionIn(0))]),
        wal().append(lease, [refused]),
        wal().append(lease, [largest]),
        wal().append(lease, [book.next(executionIn(0))]),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
      expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(AppendTooLarge);
      expect(await wal().append(lease, [entryOf(executionIn(0, 2), 10)])).toEqual([4]);
    });

    it('keeps what many append at once, each stream in its order', async () => {
      const book = new LogBook();
      const leases = await Promise.all([0, 1, 2, 3].map((partition) => wal().acquire(partition)));
      const streams = Array.from({ length: 40 }, (_, n) => ({ partition: n % 4, streamId: executionIn(n % 4, n) }));
      const appended: { entry: Entry; partition: number; positions: Promise<readonly number[]> }[] = [];
      for (let round = 0; round < 5; round += 1)
        for (const { partition, streamId } of streams) {
          const entry = book.next(streamId, 1 + (round % 3));
          appended.push({ entry, partition, positions: wal().append(leases[partition] as Lease, [entry]) });
        }
      const acknowledged = await Promise.all(appended.map((one) => one.positions));
      for (const partition of [0, 1, 2, 3]) {
        const stored = await wal().read(partition, 1, 1_000);
        expect(positionsOf(stored)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
        appended.forEach((one, index) => {
          if (one.partition === partition)
            expect(stored[Number(acknowledged[index]?.[0]) - 1]?.hash).toEqual(one.entry.hash);
        });
      }
      for (const { streamId } of streams) expect(verifyStream(streamId, await wal().readStream(streamId))).toBeNull();
    });
  });

  describe('a chain that is broken', () => {
    const BREAKS: readonly [name: string, broken: (book: LogBook) => Entry][] = [
      ['a gap', (book) => ({ ...book.peek(executionIn(0)), firstSeq: 4 })],
      ['a repeated seq', (book) => ({ ...book.peek(executionIn(0)), firstSeq: 1 })],
      ['another previous hash', (book) => ({ ...book.peek(executionIn(0)), prevHash: Buffer.alloc(32, 1) })],
      ['a first entry that claims a past', (book) => ({ ...book.peek(executionIn(0, 9)), firstSeq: 2 })],
      ['a stream of another partition', (book) => book.peek(executionIn(1))],
    ];
    it.each(BREAKS)('is refused and stores nothing: %s', async (_name, broken) => {
      const book = new LogBook();
      const lease = await wal().acquire(0);
      await wal().append(lease, [book.next(executionIn(0), 2)]);
      await expect(wal().append(lease, [broken(book)])).rejects.toBeInstanceOf(BrokenChain);
      expect(await wal().tail(0)).toBe(1);
      expect((await wal().streamHead(executionIn(0))).nextSeq).toBe(3);
    });

    it('is refused when the stream got another entry meanwhile', async () => {
      const [ours, theirs] = [new LogBook(), new LogBook()];
      const lease = await wal().acquire(0);
      const results = await Promise.allSettled([
        wal().append(lease, [ours.next(executionIn(0))]),
        wal().append(lease, [theirs.next(executionIn(0), 2)]),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
      expect(await wal().tail(0)).toBe(1);
    });
  });
}
