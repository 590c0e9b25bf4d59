import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scheduler } from '@intendant/kernel';
import { realScheduler } from '@intendant/kernel/testing';
import { AppendInDoubt, AppendTooLarge, Fenced, LogClosed, NotSent, type StoredEntry, UnfitLog } from '@intendant/wal';
import { describeWal } from '@intendant/wal/contract-suite';
import { executionIn, LogBook, MemoryFrameLog, WAL_PARTITIONS } from '@intendant/wal/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeAll, directory, fates, open } from '../test/opened-wals.js';
import { duel } from './testing/index.js';

const refuse = (error: Error) => () => Promise.reject(error);

/** Longer than a test may take. */
const NEVER_MS = 600_000;

afterEach(closeAll);

describeWal('remote, over frames in memory', {
  persistent: true,
  create: async () => {
    const server = new MemoryFrameLog(WAL_PARTITIONS);
    const at = mkdtempSync(join(tmpdir(), 'intendant-remote-'));
    return {
      open: async () => (await open(server, at)).wal,
      destroy: async () => rmSync(at, { recursive: true, force: true }),
    };
  },
});

describe('an append that the log finds too large', () => {
  it('is refused, and the holder goes on: nothing was sent', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server);
    const lease = await wal.acquire(0);
    const append = server.append.bind(server);
    server.append = refuse(new AppendTooLarge(9, 8));
    await expect(wal.append(lease, [new LogBook().next(executionIn(0))])).rejects.toBeInstanceOf(AppendTooLarge);
    server.append = append;
    expect(await wal.append(lease, [new LogBook().next(executionIn(0))])).toEqual([1]);
    expect(lost).toEqual([]);
  });
});

describe('an append whose answer is lost', () => {
  it('is acknowledged when the log holds it, and the holder goes on', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server);
    const book = new LogBook();
    const lease = await wal.acquire(0);
    server.decideFate(fates('kept'));
    expect(await wal.append(lease, [book.next(executionIn(0)), book.next(executionIn(0))])).toEqual([1, 2]);
    expect(await wal.append(lease, [book.next(executionIn(0))])).toEqual([3]);
    expect(lost).toEqual([]);
  });

  it('is found although the answers of claims get lost, too', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server);
    const lease = await wal.acquire(0);
    server.decideFate(fates('kept', 'kept', 'lost', 'kept'));
    expect(await wal.append(lease, [new LogBook().next(executionIn(0))])).toEqual([1]);
    expect(lost).toEqual([]);
  });

  it('is acknowledged when the log holds it, although another has claimed the partition meanwhile', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server);
    const book = new LogBook();
    const lease = await wal.acquire(0);
    server.decideFate(() => {
      server.decideFate(fates());
      setImmediate(() => server.insert(0, { kind: 'claim', epoch: lease.epoch + 1, nonce: 'another' }));
      return 'kept';
    });
    expect(await wal.append(lease, [book.next(executionIn(0))])).toEqual([1]);
    await expect(wal.append(lease, [book.next(executionIn(0))])).rejects.toBeInstanceOf(Fenced);
    expect(lost).toEqual([[0, 'Fenced']]);
  });

  it('is rejected when the log does not hold it, and everything behind it, which may have built on it', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server);
    const book = new LogBook();
    const lease = await wal.acquire(0);
    server.decideFate(fates('lost'));
    const first = wal.append(lease, [book.next(executionIn(0))]);
    await new Promise<void>((resolve) => void setImmediate(resolve));
    const second = wal.append(lease, [book.next(executionIn(0))]);
    await expect(first).rejects.toBeInstanceOf(LogClosed);
    await expect(second).rejects.toBeInstanceOf(LogClosed);
    expect(lost).toEqual([[0, 'LogClosed']]);
    expect(await wal.tail(0)).toBe(0);
    const again = new LogBook();
    expect(await wal.append(await wal.acquire(0), [again.next(executionIn(0))])).toEqual([1]);
  });

  it('stays in doubt when nobody can say for long enough', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server, directory(), { doubtMs: 100 });
    const lease = await wal.acquire(0);
    server.decideFate(() => 'lost');
    await expect(wal.append(lease, [new LogBook().next(executionIn(0))])).rejects.toBeInstanceOf(AppendInDoubt);
    expect(lost).toEqual([[0, 'AppendInDoubt']]);
  });

  it('stays in doubt at once when the log says that it will not answer', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server, directory(), { doubtMs: NEVER_MS });
    const lease = await wal.acquire(0);
    server.end = () => Promise.reject(new LogClosed('it is gone'));
    server.decideFate(() => 'lost');
    await expect(wal.append(lease, [new LogBook().next(executionIn(0))])).rejects.toBeInstanceOf(AppendInDoubt);
    expect(lost).toEqual([[0, 'AppendInDoubt']]);
  });

  it('is in doubt no longer than that, however long the log takes for its answers', async () => {
    const doubtMs = 100;
    const server = new MemoryFrameLog();
    const { wal } = await open(server, directory(), { doubtMs });
    const lease = await wal.acquire(0);
    let asked = 0;
    server.end = async () => {
      asked += 1;
      await new Promise<void>((resolve) => void setTimeout(resolve, doubtMs + 10));
      throw new Error('no answer');
    };
    server.decideFate(() => 'lost');
    await expect(wal.append(lease, [new LogBook().next(executionIn(0))])).rejects.toBeInstanceOf(AppendInDoubt);
    expect(asked).toBe(1);
  });

  it.each([
    ['nobody can say what became of it', (server: MemoryFrameLog) => server.decideFate(() => 'lost')],
    [
      'the log will not answer',
      (server: MemoryFrameLog) => Object.assign(server, { end: refuse(new LogClosed('gone')) }),
    ],
  ])('is in nobody’s doubt when it never left the process, although %s', async (_what, silence) => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server, directory(), { doubtMs: 100 });
    const lease = await wal.acquire(0);
    silence(server);
    server.append = refuse(new NotSent('there is no connection'));
    const refusal = await wal.append(lease, [new LogBook().next(executionIn(0))]).catch((error: Error) => error);
    expect(refusal).toBeInstanceOf(LogClosed);
    expect((refusal as Error).message).toContain('there is no connection');
    expect(lost).toEqual([[0, 'LogClosed']]);
  });

  it('never comes back: what arrives later counts for nobody', async () => {
    const server = new MemoryFrameLog();
    const { wal } = await open(server);
    const book = new LogBook();
    const lease = await wal.acquire(0);
    server.decideFate(fates('lost'));
    const lost = book.next(executionIn(0));
    await expect(wal.append(lease, [lost])).rejects.toBeInstanceOf(LogClosed);
    const { records: _records, ...entry } = lost;
    server.insert(0, { kind: 'entry', epoch: lease.epoch, position: 1, entry });
    const other = new LogBook().next(executionIn(0, 8));
    expect(await wal.append(await wal.acquire(0), [other])).toEqual([1]);
    expect((await wal.read(0, 1, 10)).map(({ streamId }) => streamId)).toEqual([other.streamId]);
  });
});

describe('a log that is too weak for a while', () => {
  const problem = 'appendfsync is everysec, must be always';

  it('is not written meanwhile, and goes on under the same lease', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server);
    const book = new LogBook();
    const lease = await wal.acquire(0);
    await wal.append(lease, [book.next(executionIn(0))]);
    server.weaken(problem);
    const refused = wal.append(lease, [book.peek(executionIn(0))]);
    await expect(refused).rejects.toMatchObject({ name: 'UnfitLog', problems: [problem] });
    await expect(wal.acquire(1)).rejects.toBeInstanceOf(UnfitLog);
    server.weaken(null);
    expect(await wal.append(lease, [book.next(executionIn(0))])).toEqual([2]);
    expect(lost).toEqual([]);
  });

  it('takes back what was promised behind an append that it had no time to send', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server);
    const book = new LogBook();
    const lease = await wal.acquire(0);
    const [first, second, again] = [book.next(executionIn(0)), book.next(executionIn(0)), new LogBook()];
    const refused = [wal.append(lease, [first]), wal.append(lease, [second])];
    server.weaken(problem);
    for (const one of refused) await expect(one).rejects.toBeInstanceOf(UnfitLog);
    server.weaken(null);
    expect(await wal.append(lease, [again.next(executionIn(0))])).toEqual([1]);
    expect(lost).toEqual([]);
  });

  it('leaves in doubt what was under way when nobody could say any more', async () => {
    const server = new MemoryFrameLog();
    const { wal, lost } = await open(server, directory(), { doubtMs: 100 });
    const lease = await wal.acquire(0);
    server.decideFate(() => {
      server.weaken(problem);
      return 'kept';
    });
    await expect(wal.append(lease, [new LogBook().next(executionIn(0))])).rejects.toBeInstanceOf(AppendInDoubt);
    expect(lost).toEqual([[0, 'AppendInDoubt']]);
  });
});

describe('two processes', () => {
  it('see what the other appends, once it was acknowledged', async () => {
    const server = new MemoryFrameLog();
    const [writer, reader] = [await open(server), await open(server)];
    const followed: StoredEntry[] = [];
    reader.wal.onFollowed((entries) => followed.push(...entries));
    const book = new LogBook();
    const lease = await writer.wal.acquire(2);
    for (let n = 0; n < 20; n += 1) {
      await writer.wal.append(lease, [book.next(executionIn(2, n % 3))]);
      await reader.wal.catchUp(2);
      expect(await reader.wal.tail(2)).toBe(n + 1);
    }
    expect(await reader.wal.readStream(executionIn(2, 1))).toEqual(await writer.wal.readStream(executionIn(2, 1)));
    expect(followed.map(({ position }) => position)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  it('hand a partition over: the one goes on where the other ended, who is told when it writes', async () => {
    const server = new MemoryFrameLog();
    const [old, young] = [await open(server), await open(server)];
    const book = new LogBook();
    const before = await old.wal.acquire(0);
    await old.wal.append(before, [book.next(executionIn(0))]);
    const after = await young.wal.acquire(0);
    expect(await young.wal.append(after, [book.next(executionIn(0))])).toEqual([2]);
    const stray = new LogBook();
    await expect(old.wal.append(before, [stray.next(executionIn(0, 4))])).rejects.toBeInstanceOf(Fenced);
    expect(old.lost).toEqual([[0, 'Fenced']]);
    await young.wal.catchUp(0);
    await old.wal.catchUp(0);
    expect(await old.wal.tail(0)).toBe(2);
    expect(await old.wal.read(0, 1, 10)).toEqual(await young.wal.read(0, 1, 10));
  });

  it('a holder that released its partition keeps following it', async () => {
    const server = new MemoryFrameLog();
    const [old, young] = [await open(server), await open(server)];
    const book = new LogBook();
    const lease = await old.wal.acquire(1);
    await old.wal.append(lease, [book.next(executionIn(1))]);
    await old.wal.release(lease);
    await expect(old.wal.append(lease, [book.peek(executionIn(1))])).rejects.toBeInstanceOf(Fenced);
    const next = await young.wal.acquire(1);
    await young.wal.append(next, [book.next(executionIn(1))]);
    await old.wal.catchUp(1);
    expect(await old.wal.tail(1)).toBe(2);
    expect(old.lost).toEqual([]);
  });

  it('that depose one another, with half of the answers lost, keep every acknowledged entry exactly once', async () => {
    const server = new MemoryFrameLog();
    let seed = 7;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    server.decideFate(() => (random() < 0.5 ? 'told' : random() < 0.5 ? 'kept' : 'lost'));
    const hasty: Scheduler = { after: (delayMs, callback) => realScheduler.after(delayMs / 20, callback) };
    const contender = async () => (await open(server, directory(), { scheduler: hasty })).wal;
    const contenders = [await contender(), await contender()] as const;
    const judge = async () => (await open(server)).wal;
    const plan = { contenders, judge, partition: 1, acknowledged: 3_000, width: 16, reign: 60 };
    const report = await duel(plan);
    expect(report.acknowledged).toBeGreaterThanOrEqual(3_000);
    expect(report.rejected).toBeGreaterThan(50);
    expect(report.claims).toBeGreaterThan(20);
    expect(report.entriesInLog).toBeGreaterThanOrEqual(report.acknowledged);
  });
});
