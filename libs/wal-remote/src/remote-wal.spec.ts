import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scheduler } from '@intendant/kernel';
import { realScheduler } from '@intendant/kernel/testing';
import { AppendInDoubt, Fenced, LogClosed, LogCorrupt, type StoredEntry } from '@intendant/wal';
import {
  type AppendFate,
  describeWal,
  executionIn,
  LogBook,
  MemoryFrameLog,
  WAL_PARTITIONS,
} from '@intendant/wal/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RemoteWal, type RemoteWalOptions } from './remote-wal.js';
import { duel } from './testing/index.js';

const cleanUp: (() => void | Promise<void>)[] = [];
const directory = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'intendant-remote-'));
  cleanUp.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
};
afterEach(async () => {
  for (const one of cleanUp.splice(0).reverse()) await one();
});

/** A handle on the shared log whose closing leaves the log alone. */
function handleOn(server: MemoryFrameLog): MemoryFrameLog {
  return new Proxy(server, {
    get(log, name) {
      if (name === 'close') return async () => undefined;
      const value = log[name as keyof MemoryFrameLog] as unknown;
      return typeof value === 'function' ? value.bind(log) : value;
    },
  });
}

interface Opened {
  readonly wal: RemoteWal;
  readonly lost: [number, string][];
  readonly halted: [number, string][];
}
async function open(server: MemoryFrameLog, at = directory(), more: Partial<RemoteWalOptions> = {}): Promise<Opened> {
  const lost: [number, string][] = [];
  const halted: [number, string][] = [];
  const wal = await RemoteWal.open({
    directory: at,
    log: handleOn(server),
    scheduler: realScheduler,
    onLost: (partition, reason) => lost.push([partition, reason.name]),
    onHalted: (partition, error) => halted.push([partition, error.finding]),
    ...more,
  });
  cleanUp.push(() => wal.close());
  return { wal, lost, halted };
}

async function eventually(isSo: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 10_000; !isSo(); ) {
    if (Date.now() > endMs) throw new Error('not within ten seconds');
    await new Promise<void>((resolve) => void setTimeout(resolve, 5));
  }
}

/** Fates in this order, then `told` for ever. */
const fates =
  (...list: AppendFate[]) =>
  () =>
    list.shift() ?? 'told';

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

describe('a log that is not what was copied', () => {
  async function copied(): Promise<{ server: MemoryFrameLog; at: string; book: LogBook }> {
    const server = new MemoryFrameLog();
    const at = directory();
    const { wal } = await open(server, at);
    const book = new LogBook();
    const lease = await wal.acquire(0);
    for (let n = 0; n < 5; n += 1) await wal.append(lease, [book.next(executionIn(0, n))]);
    await wal.append(await wal.acquire(1), [book.next(executionIn(1))]);
    await wal.close();
    return { server, at, book };
  }

  it('halts a partition that lost a suffix, names it, and goes on with the others', async () => {
    const { server, at } = await copied();
    server.loseLast(0, 2);
    const { wal, halted } = await open(server, at, { doubtMs: 50 });
    expect(halted).toEqual([[0, 'the log ends at 4 and lost what was copied up to 6: positions 4 to 5 of epoch 1']]);
    await expect(wal.acquire(0)).rejects.toBeInstanceOf(LogCorrupt);
    await expect(wal.acquire(1)).resolves.toMatchObject({ partition: 1 });
  });

  it('halts a partition that loses a suffix while it is held, when it is claimed again', async () => {
    const { server, at } = await copied();
    const { wal, halted } = await open(server, at);
    const lease = await wal.acquire(0);
    const book = new LogBook();
    await wal.append(lease, [book.next(executionIn(0, 8))]);
    server.loseLast(0, 1);
    await expect(wal.acquire(0)).rejects.toThrow('lost what was copied up to 10: positions 6 to 6 of epoch 2');
    expect(halted.map(([partition]) => partition)).toEqual([0]);
    await expect(wal.append(lease, [book.next(executionIn(0, 8))])).rejects.toThrow();
  });

  it('halts a partition that loses a suffix while an append is in doubt', async () => {
    const { server, at } = await copied();
    const { wal, halted, lost } = await open(server, at);
    const lease = await wal.acquire(0);
    server.decideFate(() => {
      server.loseLast(0, 2);
      server.decideFate(fates());
      return 'lost';
    });
    await expect(wal.append(lease, [new LogBook().next(executionIn(0, 8))])).rejects.toBeInstanceOf(LogCorrupt);
    expect(halted).toEqual([[0, expect.stringContaining('lost what was copied up to')]]);
    expect(lost).toEqual([[0, 'LogCorrupt']]);
  });

  it('halts a partition that lost a suffix behind a cut connection, for who only follows it, too', async () => {
    const { server, at } = await copied();
    const { wal, halted } = await open(server, at, { doubtMs: 50 });
    await wal.catchUp(0);
    await server.interrupt(() => {
      expect(wal.unfit()).toBe('partition 0: connection lost');
      server.loseLast(0, 2);
    });
    await eventually(() => halted.length > 0 && wal.unfit() === null);
    expect(halted).toEqual([[0, expect.stringContaining('lost what was copied up to 6: positions 4 to 5')]]);
  });

  it.each(['follows', 'reads', 'claims'])(
    'takes nothing that was written in place of what was lost, when it %s',
    async (how) => {
      const { server, at } = await copied();
      const { wal, halted } = await open(server, at, { doubtMs: 50 });
      await server.interrupt(async () => {
        server.loseLast(0, 2);
        const other = await open(server);
        const lease = await other.wal.acquire(0);
        const book = new LogBook();
        for (let n = 0; n < 4; n += 1) await other.wal.append(lease, [book.next(executionIn(0, 20 + n))]);
        if (how === 'reads') await expect(wal.catchUp(0)).rejects.toBeInstanceOf(LogCorrupt);
        if (how === 'claims') await expect(wal.acquire(0)).rejects.toBeInstanceOf(LogCorrupt);
      });
      await eventually(() => halted.length > 0);
      expect(await wal.tail(0)).toBe(5);
    },
  );

  it('goes on behind a cut connection, and tells everything once', async () => {
    const { server, at } = await copied();
    const { wal, halted } = await open(server, at);
    const followed: number[] = [];
    wal.onFollowed((entries) => followed.push(...entries.map(({ position }) => position)));
    const other = await open(server);
    const lease = await other.wal.acquire(0);
    const book = new LogBook();
    for (let n = 0; n < 6; n += 1)
      await server.interrupt(async () => {
        await other.wal.append(lease, [book.next(executionIn(0, 20 + n))]);
      });
    await eventually(() => followed.length >= 6 && wal.unfit() === null);
    expect(followed).toEqual([6, 7, 8, 9, 10, 11]);
    expect(halted).toEqual([]);
  });

  it('halts nothing whose end is only not shown yet, as by a server that was promoted a moment ago', async () => {
    const { server, at } = await copied();
    server.hideLast(0, 2);
    expect(await server.end(0)).toBe('4');
    const { wal, halted } = await open(server, at, { doubtMs: 50 });
    await server.interrupt();
    await eventually(() => wal.unfit() === null);
    expect(halted).toEqual([]);
    expect(await wal.append(await wal.acquire(0), [new LogBook().next(executionIn(0, 8))])).toEqual([6]);
  });

  it('halts nothing whose end comes into sight a little later', async () => {
    const { server, at } = await copied();
    let asked = 0;
    const late = new Proxy(handleOn(server), {
      get: (log, name) =>
        name === 'at' && asked++ < 8 ? async () => null : (log[name as keyof MemoryFrameLog] as unknown),
    });
    expect((await open(server, at, { log: late })).halted).toEqual([]);
  });

  it('halts a partition when the log itself finds damage, whoever reads', async () => {
    const { server, at } = await copied();
    const damage = new LogCorrupt('partition 0, 3', 'frames between it and 5 are missing');
    const corrupt = new Proxy(handleOn(server), {
      get: (log, name) =>
        name === 'read' ? () => Promise.reject(damage) : (log[name as keyof MemoryFrameLog] as unknown),
    });
    const held = await open(server, at);
    const { wal, halted } = await open(server, directory(), { log: corrupt });
    await expect(wal.catchUp(0)).rejects.toBe(damage);
    expect(halted).toEqual([[0, 'partition 0, 3: frames between it and 5 are missing']]);
    expect(held.halted).toEqual([]);
    await held.wal.close();
    const lost = await open(server, at, { log: corrupt });
    await expect(lost.wal.acquire(1)).rejects.toBe(damage);
    expect(lost.halted).toEqual([[1, expect.stringMatching(/; the copy here has positions 1 to 1$/)]]);
    await expect(wal.acquire(1)).rejects.toBe(damage);
    expect(halted.map(([partition]) => partition)).toEqual([0, 1]);
  });

  it('halts every partition of a copy of another log', async () => {
    const { at } = await copied();
    const { halted } = await open(new MemoryFrameLog(4, 'another'), at);
    expect(halted.map(([partition]) => partition)).toEqual([0, 1, 2, 3]);
    expect(halted[0]?.[1]).toBe(
      'this is a copy of the log memory-log, the servers hold another; the copy here has positions 1 to 5',
    );
  });

  it('halts at a gap and names the missing positions', async () => {
    const { server, at, book } = await copied();
    const { wal, halted } = await open(server, at);
    const { records: _records, ...entry } = book.peek(executionIn(0, 9));
    server.insert(0, { kind: 'entry', epoch: 1, position: 9, entry });
    await expect(wal.acquire(0)).rejects.toThrow('positions 6 to 8 are missing');
    expect(halted.map(([partition]) => partition)).toEqual([0]);
  });

  it('halts at an entry that does not continue its stream', async () => {
    const { server, at } = await copied();
    const { wal } = await open(server, at);
    const { records: _records, ...entry } = new LogBook().peek(executionIn(0, 1), 2);
    server.insert(0, { kind: 'entry', epoch: 1, position: 6, entry });
    await expect(wal.acquire(0)).rejects.toThrow('the stream continues at 2');
  });

  it('takes no harm from entries of deposed writers and repetitions', async () => {
    const { server, at, book } = await copied();
    const [first] = (await server.read(0, '1', 1)).map(({ frame }) => frame);
    if (first !== undefined) server.insert(0, first);
    const { wal } = await open(server, at);
    expect(await wal.append(await wal.acquire(0), [book.next(executionIn(0))])).toEqual([6]);
    expect(await wal.tail(0)).toBe(6);
  });

  it('begins anew from the log when the copy is gone', async () => {
    const { server, at } = await copied();
    const kept = await open(server, at);
    const fresh = await open(server);
    await fresh.wal.catchUp(0);
    expect(await fresh.wal.read(0, 1, 100)).toEqual(await kept.wal.read(0, 1, 100));
  });
});
