import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryStore, LogArchive, verifyArchive } from '@intendant/archive';
import { createLogger, systemScheduler } from '@intendant/nest-kit';
import { type IndexedWal, START_CURSOR } from '@intendant/wal';
import { executionIn, LogBook, MemoryFrameLog, SAMPLE_IDS } from '@intendant/wal/testing';
import { RemoteWal } from '@intendant/wal-remote';
import { SqliteWal } from '@intendant/wal-sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RetentionJob, type RetentionSettings } from './retention-job.js';

const HOUR_MS = 3_600_000;
const recordedAtMs = Date.parse(SAMPLE_IDS.at);

let root: string;
let nowMs: number;
let store: DirectoryStore;
let server: MemoryFrameLog;
let wal: RemoteWal;
let book: LogBook;
let held: number[];
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'intendant-retention-'));
  nowMs = recordedAtMs;
  store = new DirectoryStore(join(root, 'archive'));
  server = new MemoryFrameLog(2);
  wal = await openRemote('copy');
  book = new LogBook();
  held = [0, 1];
});
afterEach(async () => {
  await wal.close();
  rmSync(root, { recursive: true, force: true });
});

const openRemote = (name: string) =>
  RemoteWal.open({
    directory: join(root, name),
    log: server,
    scheduler: systemScheduler,
    onLost: () => undefined,
    onHalted: () => undefined,
  });

function jobOver(log: IndexedWal, more: Partial<RetentionSettings> = {}): RetentionJob {
  return new RetentionJob(
    { intervalMs: 5, entriesMin: 10, ageMsMax: HOUR_MS, margins: { entriesMin: 5, ageMsMin: HOUR_MS }, ...more },
    {
      archive: new LogArchive(store, log.logId),
      wal: log,
      trimmable: log instanceof RemoteWal ? log : null,
      held: () => held,
      clock: { nowMs: () => nowMs },
      logger: createLogger('spec', 'silent'),
    },
  );
}

const append = async (partition: number, count: number, log: IndexedWal = wal): Promise<void> => {
  const lease = await log.acquire(partition);
  await log.append(
    lease,
    Array.from({ length: count }, () => book.next(executionIn(partition))),
  );
};
const archived = async (partition: number): Promise<number> =>
  (await new LogArchive(store, wal.logId).end(partition)).to;
const isWhole = async (): Promise<boolean> =>
  server.read(0, START_CURSOR, 1).then(
    () => true,
    (error: Error) => {
      expect(error.name).toBe('Trimmed');
      return false;
    },
  );

describe('partitions are archived', () => {
  it('when enough has come together, or when it is old', async () => {
    const job = jobOver(wal);
    await append(0, 10);
    await append(1, 3);
    await job.look();
    expect([await archived(0), await archived(1), job.lagEntries]).toEqual([10, 0, 3]);
    nowMs += HOUR_MS + 1;
    await job.look();
    expect([await archived(0), await archived(1), job.lagEntries]).toEqual([10, 3, 0]);
    expect(job.counts).toMatchObject({ archived: 13, failures: 0 });
    expect(await verifyArchive(new LogArchive(store, wal.logId), wal)).toMatchObject({ ok: true, snapshots: 2 });
  });

  it('only while they are held', async () => {
    const job = jobOver(wal);
    await append(0, 20);
    held = [1];
    await job.look();
    expect(await archived(0)).toBe(0);
  });

  it('each for itself, and age tells that one is not', async () => {
    const job = jobOver(wal);
    await append(0, 10);
    await append(1, 10);
    // a file where a folder must be
    await store.put(`${wal.logId}/0000`, Buffer.from('in the way'));
    nowMs += 5_000;
    await job.look();
    expect([await archived(1), job.counts.failures, job.ageMs]).toEqual([10, 1, 5_000]);
    rmSync(join(root, 'archive', wal.logId, '0000'));
    await job.look();
    expect([await archived(0), job.ageMs]).toEqual([10, 0]);
  });

  it('of the embedded log too, which is never trimmed', async () => {
    const directory = join(root, 'embedded');
    const embedded = new SqliteWal({ directory, partitionCount: 2, onFatal: () => undefined });
    await append(0, 30, embedded);
    const job = jobOver(embedded);
    await job.look();
    nowMs += 2 * HOUR_MS;
    await job.look();
    const report = await verifyArchive(new LogArchive(store, embedded.logId), embedded);
    expect(report).toMatchObject({ ok: true, entries: 30, snapshots: 0 });
    expect(job.counts).toEqual({ archived: 30, failures: 0, trims: 0 });
    await embedded.close();
  });

  it('from time to time, until it is stopped', async () => {
    const job = jobOver(wal);
    await append(0, 10);
    job.start();
    while ((await archived(0)) < 10) await new Promise<void>((resolve) => void setImmediate(resolve));
    await append(0, 10);
    while ((await archived(0)) < 20) await new Promise<void>((resolve) => void setImmediate(resolve));
    await job.stop();
    await append(0, 10);
    await job.look();
    expect(await archived(0)).toBe(20);
  });
});

describe('a log on servers is trimmed', () => {
  it('behind a snapshot that is old enough and far enough from its end, and not before', async () => {
    const job = jobOver(wal);
    await append(0, 10);
    await job.look();
    await append(0, 5);
    await job.look();
    expect([await isWhole(), job.counts.trims]).toEqual([true, 0]);
    nowMs += HOUR_MS;
    await job.look();
    expect([await isWhole(), job.counts.trims]).toEqual([false, 1]);
    await job.look();
    expect(job.counts.trims).toBe(1);
    expect(await wal.read(0, 1, 1)).toHaveLength(1);
  });

  it('not when the margin of entries is not there', async () => {
    const job = jobOver(wal);
    await append(0, 10);
    await job.look();
    nowMs += HOUR_MS;
    await append(0, 4);
    await job.look();
    expect(await isWhole()).toBe(true);
  });

  it('not unless it is wanted', async () => {
    const job = jobOver(wal, { margins: null });
    await append(0, 10);
    await job.look();
    await append(0, 50);
    nowMs += 10 * HOUR_MS;
    await job.look();
    expect(await isWhole()).toBe(true);
  });

  it('not when the archive is damaged, whoever made the snapshot', async () => {
    await append(0, 10);
    await jobOver(wal).look();
    await append(0, 10);
    await jobOver(wal).look();
    nowMs += HOUR_MS;
    await append(0, 5);
    const folder = join(root, 'archive', wal.logId, '0000');
    const [first = ''] = readdirSync(folder).filter((name) => name.endsWith('.seg'));
    writeFileSync(join(folder, first), 'damaged');
    const later = jobOver(wal);
    await later.look();
    expect([await isWhole(), later.counts.trims, later.counts.failures]).toEqual([true, 0, 1]);
  });

  it.each([
    ['cursor', () => wal.placeOf(0).cursor],
    ['chain', () => '1'.repeat(64)],
  ])(
    'not behind a snapshot with another %s than it was taken with, however far the archive is confirmed',
    async (member, other) => {
      await append(0, 10);
      await jobOver(wal).look();
      await append(0, 10);
      const folder = join(root, 'archive', wal.logId, '0000');
      const [name = ''] = readdirSync(folder).filter((one) => one.endsWith('.snapshot.json'));
      const snapshot = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      writeFileSync(join(folder, name), JSON.stringify({ ...snapshot, [member]: other() }));
      nowMs += HOUR_MS;
      const later = jobOver(wal);
      await later.look();
      expect([await archived(0), await isWhole(), later.counts.trims, later.counts.failures]).toEqual([20, true, 0, 1]);
    },
  );
});
