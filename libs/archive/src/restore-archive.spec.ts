import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { lockDirectory, logDirectoryIn, SqliteWal, verifyLog } from '@intendant/wal-sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { archiveUpTo, takeSnapshot } from './archive-partition.js';
import { DirectoryStore } from './directory-store.js';
import { LogArchive } from './log-archive.js';
import { restoreArchive } from './restore-archive.js';

const PARTITIONS = 2;
let root: string;
/** The data directory that is restored into. */
let to: string;
let wal: SqliteWal;
let archive: LogArchive;
let book: LogBook;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'intendant-restore-'));
  to = join(root, 'restored');
  wal = openWal(join(root, 'archived'));
  archive = new LogArchive(new DirectoryStore(join(root, 'archive')), wal.logId);
  await archive.declare(PARTITIONS);
  book = new LogBook();
  for (let round = 0; round < 3; round += 1) await archived(1, 10);
  await archived(0, 20);
});
afterEach(async () => {
  await wal.close();
  rmSync(root, { recursive: true, force: true });
});

const openWal = (dataDirectory: string): SqliteWal =>
  new SqliteWal({
    directory: logDirectoryIn(dataDirectory),
    partitionCount: PARTITIONS,
    onFatal: (error) => {
      throw error;
    },
  });

const fill = async (into: SqliteWal, partition: number, count: number): Promise<void> => {
  const entries = Array.from({ length: count }, (_, index) => book.next(executionIn(partition, index % 5)));
  await into.append(await into.acquire(partition), entries);
};
async function archived(partition: number, count: number): Promise<void> {
  await fill(wal, partition, count);
  await archiveUpTo(archive, wal, partition, await wal.tail(partition));
}
const segment = (first: string): string => join(root, 'archive', wal.logId, '0001', `${first}.seg`);

describe('a log restored from its archive', () => {
  it('verifies, keeps its id and entries, and is written on under higher epochs', async () => {
    expect(await restoreArchive(archive, to)).toBe(50);
    const at = logDirectoryIn(to);
    expect(readdirSync(to)).toEqual(['log']);
    expect(await verifyLog(at)).toMatchObject({ ok: true, logId: wal.logId, entries: 50, partitions: 2 });
    const restored = openWal(to);
    expect(await restored.read(1, 1, 100)).toEqual(await wal.read(1, 1, 100));
    const { epoch } = (await wal.read(1, 30, 1))[0] as { epoch: number };
    expect((await restored.acquire(1)).epoch).toBe(epoch + 1);
    await fill(restored, 1, 3);
    expect(await restored.tail(1)).toBe(33);
    await restored.close();
    expect((await verifyLog(at)).ok).toBe(true);
  });

  it('does not take the place of another, nor stands beside one that lies in the directory itself', async () => {
    await expect(restoreArchive(archive, join(root, 'archived'))).rejects.toMatchObject({ name: 'LogInTheWay' });
    await expect(restoreArchive(archive, logDirectoryIn(join(root, 'archived')))).rejects.toMatchObject({
      name: 'LogInTheWay',
    });
    mkdirSync(logDirectoryIn(to), { recursive: true });
    writeFileSync(join(logDirectoryIn(to), 'log.db-wal'), 'entries of a log whose file is gone');
    await expect(restoreArchive(archive, to)).rejects.toThrow('or what is left of one');
    expect(readdirSync(logDirectoryIn(to))).toEqual(['log.db-wal']);
  });

  it('does not take the place of one that appeared meanwhile', async () => {
    let meanwhile: SqliteWal | undefined;
    class SlowStore extends DirectoryStore {
      override get(key: string): Promise<Buffer | null> {
        if (key.endsWith('.seg')) meanwhile ??= openWal(to);
        return super.get(key);
      }
    }
    const slow = new LogArchive(new SlowStore(join(root, 'archive')), wal.logId);
    await expect(restoreArchive(slow, to)).rejects.toMatchObject({ name: 'LogInTheWay' });
    await meanwhile?.close();
    expect(readdirSync(to)).toEqual(['log']);
    expect(await verifyLog(logDirectoryIn(to))).toMatchObject({ ok: true, entries: 0 });
  });
});

describe('a restore that fails', () => {
  const leavesNothing = async (finding: RegExp) => {
    await expect(restoreArchive(archive, to)).rejects.toMatchObject({
      name: 'LogCorrupt',
      message: expect.stringMatching(finding),
    });
    expect(readdirSync(to)).toEqual([]);
  };

  it('leaves nothing when a byte of the archive was changed, and can be done again at once', async () => {
    const sound = readFileSync(segment('000000000011'));
    const damaged = Buffer.from(sound);
    damaged[100] = (damaged[100] as number) ^ 1;
    writeFileSync(segment('000000000011'), damaged);
    await leavesNothing(/inflated|hash/);
    writeFileSync(segment('000000000011'), sound);
    expect(await restoreArchive(archive, to)).toBe(50);
    expect((await verifyLog(logDirectoryIn(to))).ok).toBe(true);
  });

  it('leaves nothing when a segment is missing in the middle', async () => {
    rmSync(segment('000000000011'));
    await leavesNothing(/positions 11 to 20 are missing/);
  });

  it('leaves nothing when a segment is missing at the end, up to which there is a snapshot', async () => {
    const progress = { epoch: 3, nonce: 'n', position: 30 };
    await takeSnapshot(archive, wal, { partition: 1, cursor: '30', name: 'n', progress }, undefined, 0);
    rmSync(segment('000000000021'));
    await leavesNothing(/ends at position 20, and there is a snapshot at 30/);
  });

  it('is not in the way of the next one, however far it came before it was killed', async () => {
    const left = join(`${logDirectoryIn(to)}.restoring`, 'log');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'log.db'), 'half a log');
    writeFileSync(join(left, 'log.db-wal'), 'and what was not in it yet');
    expect(await restoreArchive(archive, to)).toBe(50);
    expect(readdirSync(to)).toEqual(['log']);
  });

  it('is the second of two at once', async () => {
    const workshop = `${logDirectoryIn(to)}.restoring`;
    mkdirSync(workshop, { recursive: true });
    const unlock = lockDirectory(workshop);
    await expect(restoreArchive(archive, to)).rejects.toMatchObject({ name: 'DirectoryInUse' });
    expect(existsSync(workshop)).toBe(true);
    unlock();
    expect(await restoreArchive(archive, to)).toBe(50);
  });
});
