import { type Cursor, type FrameListener, LogCorrupt, Trimmed } from '@intendant/wal';
import { executionIn, LogBook, MemoryFrameLog } from '@intendant/wal/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeAll, directory, eventually, fates, handleOn, open } from '../test/opened-wals.js';

afterEach(closeAll);

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
      expect(wal.unfit()).toContain('partition 0: connection lost');
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
      expect(halted).toEqual([
        [0, expect.stringMatching(/^the log lost what was copied up to 6: positions 4 to 5 of epoch 1$/)],
      ]);
    },
  );

  it.each(['append', 'claim', 'follow'])('names what is lost when the log itself notices, at %s', async (method) => {
    const { server, at } = await copied();
    const cut = new LogCorrupt('partition 0', 'it was cut');
    const listeners: FrameListener[] = [];
    let noticed = false;
    const noticing = new Proxy(handleOn(server), {
      get: (log, name) => {
        if (noticed && name === method) return () => Promise.reject(cut);
        const follow = (partition: number, after: Cursor, listener: FrameListener) => {
          if (partition === 0) listeners.push(listener);
          return log.follow(partition, after, listener);
        };
        return name === 'follow' ? follow : (log[name as keyof MemoryFrameLog] as unknown);
      },
    });
    const { wal, halted } = await open(server, at, { log: noticing, doubtMs: 50 });
    const lease = method === 'append' ? await wal.acquire(0) : null;
    server.loseLast(0, lease === null ? 2 : 3);
    noticed = true;
    if (lease !== null) await expect(wal.append(lease, [new LogBook().next(executionIn(0, 8))])).rejects.toBe(cut);
    if (method === 'claim') await expect(wal.acquire(0)).rejects.toBe(cut);
    if (method === 'follow') listeners.at(-1)?.onTrouble(cut);
    await eventually(() => halted.length > 0);
    expect(halted).toEqual([
      [0, expect.stringMatching(/^the log ends at 4 and lost .*: positions 4 to 5 of epoch \d$/)],
    ]);
  });

  it('names what is lost when others stand in its place', async () => {
    const { server, at } = await copied();
    server.loseLast(0, 2);
    const other = await open(server);
    await other.wal.append(await other.wal.acquire(0), [new LogBook().next(executionIn(0, 20))]);
    const last = await server.at(0, await server.end(0));
    const log = new Proxy(handleOn(server), {
      get: (target, name) =>
        name === 'at'
          ? async (partition: number, cursor: Cursor) => (cursor === '6' ? last : target.at(partition, cursor))
          : (target[name as keyof MemoryFrameLog] as unknown),
    });
    const { halted } = await open(server, at, { log, doubtMs: 50 });
    expect(halted).toEqual([
      [0, 'the log holds another frame at 6 than the one that was copied, and lost positions 4 to 5 of epoch 1'],
    ]);
  });

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

  it('says what was dropped behind a cut connection, before what merely is not reached, and of how many partitions', async () => {
    const { server, at, book } = await copied();
    const { wal, halted } = await open(server, at);
    const all = `partition 0: connection lost; ${server.describe().partitionCount - 1} more cannot be followed either`;
    await server.interrupt(async () => {
      expect(wal.unfit()).toBe(all);
      const other = await open(server);
      await other.wal.append(await other.wal.acquire(1), [book.next(executionIn(1))]);
      await server.trim(1, await server.end(1));
    });
    const dropped = new Trimmed(1, await server.end(1));
    await eventually(() => wal.unfit() === dropped.message);
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
