import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY_HEAD, type Entry, encodeEntry, headAfter, type RecordDraft } from '@intendant/wal';
import { executionIn, LogBook, SAMPLE_IDS, sampleAttribution, sampleDraft } from '@intendant/wal/testing';
import { SqliteWal } from '@intendant/wal-sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { archiveUpTo, confirmUpTo, trimmableBehind } from './archive-partition.js';
import { DirectoryStore } from './directory-store.js';
import { LogArchive } from './log-archive.js';
import { readArchivedStream } from './read-stream.js';
import { encodeSegment, sealSegment } from './segment.js';
import type { Snapshot } from './snapshot.js';
import { verifyArchive } from './verify-archive.js';

const PARTITIONS = 2;
let root: string;
let wal: SqliteWal;
let archive: LogArchive;
let book: LogBook;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'intendant-archive-'));
  wal = openWal('log');
  archive = new LogArchive(new DirectoryStore(join(root, 'archive')), wal.logId);
  await archive.declare(PARTITIONS);
  book = new LogBook();
});
afterEach(async () => {
  await wal.close();
  rmSync(root, { recursive: true, force: true });
});

const openWal = (name: string): SqliteWal =>
  new SqliteWal({
    directory: join(root, name),
    partitionCount: PARTITIONS,
    onFatal: (error) => {
      throw error;
    },
  });

/** Appends entries to some streams of a partition. */
async function fill(partition: number, count: number, into = wal, from = book): Promise<void> {
  const entries: Entry[] = Array.from({ length: count }, (_, index) => from.next(executionIn(partition, index % 5)));
  await into.append(await into.acquire(partition), entries);
}
const archiveAll = async (partition: number) => archiveUpTo(archive, wal, partition, await wal.tail(partition));
const objectsOf = (partition: number): string => join(root, 'archive', wal.logId, String(partition).padStart(4, '0'));

describe('the archive of a log', () => {
  it('goes on where it ended, one segment after the other, none of them twice', async () => {
    await fill(0, 7);
    expect((await archiveAll(0)).to).toBe(7);
    expect((await archiveAll(0)).to).toBe(7);
    await fill(0, 4_100);
    expect((await archiveAll(0)).to).toBe(4_107);
    expect(readdirSync(objectsOf(0))).toEqual([
      '000000000001.seg',
      '000000000008.seg',
      '000000002008.seg',
      '000000004008.seg',
    ]);
    expect((await archive.end(1)).to).toBe(0);
    expect(await LogArchive.logIds(new DirectoryStore(join(root, 'archive')))).toEqual([wal.logId]);
  });

  it('verifies, alone and against the log', async () => {
    await fill(0, 30);
    await fill(1, 20);
    await Promise.all([archiveAll(0), archiveAll(1)]);
    const sound = { ok: true, partitions: 2, segments: 2, entries: 50, findings: [] };
    expect(await verifyArchive(archive, null)).toMatchObject({ ...sound, comparedWithLog: false });
    expect(await verifyArchive(archive, wal)).toMatchObject({ ...sound, comparedWithLog: true });
  });

  it('holds the same when two archive at once', async () => {
    await fill(0, 3_000);
    await Promise.all([archiveUpTo(archive, wal, 0, 2_500), archiveAll(0), archiveUpTo(archive, wal, 0, 10)]);
    await archiveAll(0);
    expect(await verifyArchive(archive, wal)).toMatchObject({ ok: true, entries: 3_000 });
  });

  it('gives one stream, whole and in order', async () => {
    await fill(0, 2_030);
    await archiveAll(0);
    const streamId = executionIn(0, 3);
    expect(await readArchivedStream(archive, streamId)).toEqual(await wal.readStream(streamId));
    expect(await readArchivedStream(archive, executionIn(0, 999))).toEqual([]);
  });

  it('is made and compared by bytes: large entries make short segments, and are never read all at once', async () => {
    const [streamId, lease] = [executionIn(0), await wal.acquire(0)];
    let head = EMPTY_HEAD;
    const draft = {
      ...sampleDraft('event.emitted'),
      data: { text: 'x'.repeat(4 * 1024 * 1024) },
    } as unknown as RecordDraft;
    for (let count = 0; count < 10; count += 1) {
      const entry = encodeEntry(streamId, head, sampleAttribution(streamId), SAMPLE_IDS.at, [draft]);
      await wal.append(lease, [entry]);
      head = headAfter(entry);
    }
    let mostAtOnce = 0;
    const log = {
      tail: (partition: number) => wal.tail(partition),
      read: async (...range: Parameters<SqliteWal['read']>) => {
        const entries = await wal.read(...range);
        mostAtOnce = Math.max(mostAtOnce, entries.length);
        return entries;
      },
    };
    await archiveUpTo(archive, log, 0, 10);
    expect(readdirSync(objectsOf(0))).toEqual(['000000000001.seg', '000000000005.seg', '000000000009.seg']);
    expect(await verifyArchive(archive, log)).toMatchObject({ ok: true, entries: 10, segments: 3 });
    expect(mostAtOnce).toBe(3);
  });

  it('is held against a log that is behind as far as that reaches, and is no forgery for the rest', async () => {
    const behind = openWal('behind');
    const same = new LogBook();
    await fill(0, 3, behind, same);
    await fill(0, 5);
    await archiveUpTo(archive, wal, 0, 2);
    await archiveAll(0);
    const found = await verifyArchive(archive, behind);
    expect(found).toMatchObject({ ok: true, entries: 5, comparedWithLog: true, entriesBeyondLog: 2, findings: [] });
    // the segment of 3 to 5 is not confirmed as a whole, what was asked for is
    expect((await confirmUpTo(archive, behind, 0, 3)).to).toBe(2);
    await expect(confirmUpTo(archive, behind, 0, 4)).rejects.toThrow('position 4: the log lacks an entry');
    await behind.close();
  });

  it('refuses a log with its id that went another way', async () => {
    await fill(0, 5);
    await archiveUpTo(archive, wal, 0, 3);
    const other = openWal('other');
    const same = new LogBook();
    const begun = [same.next(executionIn(0, 0)), same.next(executionIn(0, 1))];
    await other.append(await other.acquire(0), [...begun, same.next(executionIn(0, 77))]);
    await expect(confirmUpTo(archive, other, 0, 3)).rejects.toThrow('position 3: the archive holds another entry');
    await other.close();
  });

  it('refuses to be continued by one', async () => {
    await fill(0, 5);
    const before = await archive.end(0);
    await archiveUpTo(archive, wal, 0, 3);
    const { records: _records, ...entry } = new LogBook().next(executionIn(0, 77));
    const forked = archive.seal(0, before, [{ kind: 'entry', epoch: 1, position: 1, entry }]);
    await expect(forked).rejects.toThrow('the archive holds another entry at position 1');
  });

  it('has the partitions that it began with', async () => {
    await archive.declare(PARTITIONS);
    await expect(archive.declare(PARTITIONS + 1)).rejects.toMatchObject({ name: 'UnlikeArchive' });
  });
});

describe('damage to an archive is found', () => {
  const findings = async () => (await verifyArchive(archive, wal)).findings.map(({ finding }) => finding);
  beforeEach(async () => {
    for (let round = 0; round < 3; round += 1) {
      await fill(1, 10);
      await archiveAll(1);
    }
  });

  it('when a byte was changed', async () => {
    const file = join(objectsOf(1), '000000000011.seg');
    const bytes = readFileSync(file);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] as number) ^ 1;
    writeFileSync(file, bytes);
    expect(await findings()).toEqual([expect.stringMatching(/inflated|hash/)]);
  });

  it('when a segment in the middle is gone', async () => {
    rmSync(join(objectsOf(1), '000000000011.seg'));
    expect(await findings()).toEqual(['positions 11 to 20 are missing']);
    await expect(confirmUpTo(archive, wal, 1, 30)).rejects.toThrow('positions 11 to 20 are missing');
  });

  it('when a segment was moved', async () => {
    writeFileSync(join(objectsOf(1), '000000000011.seg'), readFileSync(join(objectsOf(1), '000000000021.seg')));
    expect(await findings()).toEqual([expect.stringContaining('is the segment from 21')]);
  });

  it('when one was replaced by another that is sound in itself', async () => {
    const { records: _records, ...entry } = book.next(executionIn(1, 99));
    const frames = Array.from({ length: 10 }, (_, index) => ({
      kind: 'entry' as const,
      epoch: 1,
      position: 11 + index,
      entry,
    }));
    const header = { logId: wal.logId, partition: 1, from: 11, previous: (await archive.end(1)).chain };
    writeFileSync(join(objectsOf(1), '000000000011.seg'), encodeSegment(sealSegment(header, frames)));
    const alone = await verifyArchive(archive, null);
    expect(alone.findings.map(({ finding }) => finding)).toEqual(['does not continue the segment before it']);
  });

  it('when the last one is gone and more is asked for', async () => {
    rmSync(join(objectsOf(1), '000000000021.seg'));
    await expect(confirmUpTo(archive, wal, 1, 30)).rejects.toThrow('ends at position 20, before 30');
  });
});

describe('the log is trimmed behind', () => {
  const snapshot = (position: number, takenAtMs: number): Snapshot => ({
    format: 1,
    logId: 'log-1',
    partition: 0,
    cursor: String(position),
    name: 'claim 1 a',
    progress: { epoch: 1, nonce: 'a', position },
    chain: '0'.repeat(64),
    takenAt: new Date(takenAtMs).toISOString(),
  });
  const all = [snapshot(10, 1_000), snapshot(20, 2_000), snapshot(30, 3_000)];
  const margins = { entriesMin: 10, ageMsMin: 500 };

  it.each([
    ['the newest that is old enough', 100, 2_600, 20],
    ['the newest that leaves enough', 39, 9_000, 20],
    ['the newest of all', 40, 3_500, 30],
    ['nothing while all are young', 100, 1_499, undefined],
    ['nothing while the log is short', 19, 9_000, undefined],
  ])('%s', (_what, tail, nowMs, position) => {
    expect(trimmableBehind(all, tail, nowMs, margins)?.progress.position).toBe(position);
  });
});
