import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realScheduler } from '@intendant/kernel/testing';
import { START_CURSOR, Trimmed } from '@intendant/wal';
import { executionIn, LogBook, MemoryFrameLog } from '@intendant/wal/testing';
import { RemoteWal } from '@intendant/wal-remote';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { archiveUpTo, takeSnapshot } from './archive-partition.js';
import { DirectoryStore } from './directory-store.js';
import { LogArchive } from './log-archive.js';
import { verifyArchive } from './verify-archive.js';

let root: string;
let server: MemoryFrameLog;
let archive: LogArchive;
let opened: RemoteWal[];
let halted: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'intendant-archive-'));
  server = new MemoryFrameLog(2);
  archive = new LogArchive(new DirectoryStore(join(root, 'archive')), server.logId);
  opened = [];
  halted = [];
});
afterEach(async () => {
  await Promise.all(opened.map((wal) => wal.close()));
  rmSync(root, { recursive: true, force: true });
});

/** A replica whose closing leaves the shared log alone. */
async function replica(name: string, withArchive = true): Promise<RemoteWal> {
  const handle = new Proxy(server, {
    get(log, member) {
      if (member === 'close') return async () => undefined;
      const value = log[member as keyof MemoryFrameLog] as unknown;
      return typeof value === 'function' ? value.bind(log) : value;
    },
  });
  const wal = await RemoteWal.open({
    directory: join(root, name),
    log: handle,
    scheduler: realScheduler,
    onLost: () => undefined,
    onHalted: (partition, { finding }) => halted.push(`${partition}: ${finding}`),
    ...(withArchive ? { archive } : {}),
  });
  opened.push(wal);
  return wal;
}

/** Archives what the replica holds of a partition and takes a snapshot there. */
async function snapshotOf(wal: RemoteWal, partition: number) {
  const place = wal.placeOf(partition);
  await archive.declare(wal.partitionCount);
  await archiveUpTo(archive, wal, partition, place.progress.position);
  await takeSnapshot(archive, wal, { partition, ...place }, undefined, 0);
  return place;
}

/** Two epochs of entries, a snapshot between them and one at the end of the first. */
async function trimmedLog(): Promise<{ first: RemoteWal; book: LogBook }> {
  const [first, book] = [await replica('first'), new LogBook()];
  const lease = await first.acquire(0);
  await first.append(
    lease,
    Array.from({ length: 40 }, (_, index) => book.next(executionIn(0, index % 7))),
  );
  await first.append(await first.acquire(0), [book.next(executionIn(0, 1)), book.next(executionIn(0, 2))]);
  const place = await snapshotOf(first, 0);
  await first.append(await first.acquire(0), [book.next(executionIn(0, 1)), book.next(executionIn(0, 9))]);
  await first.trim(0, place);
  return { first, book };
}

describe('a replica whose log was trimmed', () => {
  it('begins with the archive when it has nothing, and holds what the others hold', async () => {
    const { first, book } = await trimmedLog();
    await expect(server.read(0, START_CURSOR, 1)).rejects.toBeInstanceOf(Trimmed);
    const second = await replica('second');
    await second.catchUp(0);
    expect(halted).toEqual([]);
    expect(await second.read(0, 1, 100)).toEqual(await first.read(0, 1, 100));
    expect(second.placeOf(0)).toEqual(first.placeOf(0));
    expect(second.store.liveExecutions(0)).toEqual(first.store.liveExecutions(0));
    // it takes the partition and goes on in streams that begin in the archive
    const appended = await second.append(await second.acquire(0), [book.next(executionIn(0, 3))]);
    expect(appended).toEqual([45]);
  });

  it('opens again as it was, without the archive', async () => {
    await trimmedLog();
    const place = (await replica('second')).placeOf(0);
    await opened.at(-1)?.close();
    expect((await replica('second', false)).placeOf(0).cursor >= place.cursor).toBe(true);
    expect(halted).toEqual([]);
  });

  it('goes on from its own copy when that ends before the log begins', async () => {
    const away = await replica('away');
    const { first } = await trimmedLog();
    await away.close();
    const late = new LogBook();
    for (let times = 0; times < 3; times += 1)
      await first.append(await first.acquire(0), [late.next(executionIn(0, 90))]);
    const place = await snapshotOf(first, 0);
    await first.trim(0, place);
    const back = await replica('away');
    await back.catchUp(0);
    expect(halted).toEqual([]);
    expect(await back.read(0, 1, 100)).toEqual(await first.read(0, 1, 100));
  });

  it('is halted in that partition without an archive, and in no other', async () => {
    const { first } = await trimmedLog();
    await first.append(await first.acquire(1), [new LogBook().next(executionIn(1))]);
    const second = await replica('second', false);
    await second.catchUp(1);
    expect(halted).toEqual([expect.stringMatching(/^0: .*were dropped, and no archive is configured$/)]);
    expect(await second.tail(1)).toBe(1);
  });

  it('is halted when the archive lost a segment', async () => {
    await trimmedLog();
    const folder = join(root, 'archive', server.logId, '0000');
    for (const name of readdirSync(folder)) if (name.endsWith('.seg')) rmSync(join(folder, name));
    await replica('second');
    expect(halted).toEqual([expect.stringMatching(/^0: .*the archive ends at 0$/)]);
  });

  it('is halted when the archive has no snapshot', async () => {
    await trimmedLog();
    const folder = join(root, 'archive', server.logId, '0000');
    for (const name of readdirSync(folder)) if (name.endsWith('.json')) rmSync(join(folder, name));
    await replica('second');
    expect(halted).toEqual([expect.stringContaining('the archive does not reach beyond')]);
  });
});

describe('a snapshot', () => {
  it('is not taken of an archive that does not hold what the log holds', async () => {
    const wal = await replica('first');
    const lease = await wal.acquire(0);
    await wal.append(lease, [new LogBook().next(executionIn(0)), new LogBook().next(executionIn(0, 1))]);
    await archive.declare(2);
    await archiveUpTo(archive, wal, 0, 1);
    const place = { partition: 0, ...wal.placeOf(0) };
    await expect(takeSnapshot(archive, wal, place, undefined, 0)).rejects.toThrow('ends at position 1, before 2');
    expect(await archive.snapshots(0)).toEqual([]);
  });

  it('verifies with the segments it stands on', async () => {
    await trimmedLog();
    expect(await verifyArchive(archive, null)).toMatchObject({ ok: true, snapshots: 1, entries: 42 });
  });
});
