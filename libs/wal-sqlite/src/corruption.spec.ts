import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY_HEAD, encodeEntry } from '@intendant/wal';
import { executionIn, LogBook, SAMPLE_IDS, sampleAttribution, sampleDraft } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import type Database from 'libsql';
import { withLog } from '../test/temporary-log.js';
import { LOG_FILE, SqliteLogReader, type SqliteWal } from './index.js';

const STREAM = executionIn(1);
const PAGE_BYTES = 8_192;

async function write(wal: SqliteWal): Promise<void> {
  const book = new LogBook();
  const lease = await wal.acquire(1);
  for (const records of [2, 1, 3]) await wal.append(lease, [book.next(STREAM, records)]);
  await wal.append(lease, [book.next(executionIn(1, 1))]);
}

/** Flips one bit in the body of an entry. */
function flip(db: Database.Database, firstSeq: number): void {
  const where = 'WHERE stream_id = ? AND first_seq = ?';
  const row = db.prepare(`SELECT body FROM entry ${where}`).get(STREAM, firstSeq) as { body: Uint8Array };
  const body = Buffer.from(row.body);
  body[body.length >> 1] = (body[body.length >> 1] as number) ^ 0x04;
  db.prepare(`UPDATE entry SET body = ? ${where}`).run(body, STREAM, firstSeq);
}

const corruptAt = (seq: number, position: number) =>
  expect.objectContaining({
    name: 'LogCorrupt',
    place: `${STREAM} seq ${seq} (partition 1, position ${position})`,
    finding: 'hash does not match the bytes',
  });

describe('a byte that changed on disk', () => {
  it('is found by every read that meets it, named by stream and seq', () =>
    withLog(async ({ open, tamper }) => {
      const wal = open();
      await write(wal);
      tamper((db) => flip(db, 3));
      await expect(wal.readStream(STREAM)).rejects.toEqual(corruptAt(3, 2));
      await expect(wal.read(1, 1, 10)).rejects.toEqual(corruptAt(3, 2));
      await expect(wal.readStreamBackwards(STREAM)).rejects.toEqual(corruptAt(3, 2));
    }));

  it('does not hide what is sound', () =>
    withLog(async ({ open, tamper }) => {
      const wal = open();
      await write(wal);
      tamper((db) => flip(db, 3));
      expect(await wal.readStream(executionIn(1, 1))).toHaveLength(1);
      expect((await wal.read(1, 3, 10)).map((entry) => entry.position)).toEqual([3, 4]);
      expect((await wal.readStreamBackwards(STREAM, 99, 1)).map((entry) => entry.firstSeq)).toEqual([4]);
    }));

  it('halts its partition, and no other, at every start at which the store has to read it', () =>
    withLog(async ({ open, tamper }) => {
      const wal = open();
      await write(wal);
      await wal.close();
      tamper((db) => {
        flip(db, 4);
        db.exec("UPDATE meta SET value = '0' WHERE name = 'store_ordinal'");
      });
      for (let start = 0; start < 2; start += 1) {
        const damaged = open();
        expect(() => damaged.store.liveExecutions(1)).toThrow(corruptAt(4, 3));
        expect(damaged.store.liveExecutions(2)).toEqual([]);
        await damaged.close();
      }
      tamper((db) => flip(db, 4));
      const mended = open();
      expect(mended.store.liveExecutions(1)).toBeDefined();
      await expect(mended.readStream(STREAM)).resolves.toHaveLength(3);
    }));
});

describe('damage that is no wrong hash', () => {
  it('of a number is found by every read that meets it: it can be none that an entry has', () =>
    withLog(async ({ open, tamper }) => {
      const wal = open();
      await write(wal);
      tamper((db) => db.prepare('UPDATE entry SET first_seq = -4 WHERE stream_id = ? AND first_seq = 4').run(STREAM));
      await expect(wal.readStream(STREAM)).rejects.toEqual(corruptAt(-4, 3));
      await expect(wal.read(1, 1, 10)).rejects.toEqual(corruptAt(-4, 3));
      await expect(wal.read(1, 1, 2)).resolves.toHaveLength(2);
    }));

  it('of a page is found by every read that meets it, named by partition or stream', () =>
    withLog(async ({ open, directory }) => {
      const wal = open();
      await write(wal);
      await wal.close();
      const file = join(directory, LOG_FILE);
      const bytes = readFileSync(file);
      const page = bytes.indexOf(`${STREAM}`, bytes.indexOf('"tenantId"') - 500);
      bytes.fill(0xff, page - (page % PAGE_BYTES), page);
      writeFileSync(file, bytes);
      const reader = new SqliteLogReader(directory);
      try {
        await expect(reader.read(1, 1, 10)).rejects.toEqual(
          expect.objectContaining({ name: 'LogCorrupt', place: 'partition 1 position 1 or after it' }),
        );
      } finally {
        reader.close();
      }
    }));
});

describe('a log of another format', () => {
  it('is refused, and its directory is free again', () =>
    withLog(async ({ open, tamper }) => {
      await open().close();
      tamper((db) => db.exec("UPDATE meta SET value = '99' WHERE name = 'format'"));
      expect(() => open()).toThrow(/format 99/);
      expect(() => open()).toThrow(/format 99/);
    }));
});

describe('other questions', () => {
  it('are answered: the newest entries first, and whose a stream is', () =>
    withLog(async ({ open }) => {
      const wal = open();
      await write(wal);
      const seqs = async (before?: number, limit?: number) =>
        (await wal.readStreamBackwards(STREAM, before, limit)).map((entry) => entry.firstSeq);
      expect([await seqs(), await seqs(4), await seqs(undefined, 2), await seqs(1)]).toEqual([
        [4, 3, 1],
        [3, 1],
        [4, 3],
        [],
      ]);
      expect([await wal.tenantOfStream(STREAM), await wal.tenantOfStream(executionIn(2))]).toEqual(['acme', undefined]);
      const drafts = [sampleDraft('execution.started')];
      const long = { ...sampleAttribution(), correlationId: '"'.repeat(128), tenantId: 't'.repeat(128) };
      await wal.append(await wal.acquire(0), [encodeEntry(executionIn(0, 9), EMPTY_HEAD, long, SAMPLE_IDS.at, drafts)]);
      expect(await wal.tenantOfStream(executionIn(0, 9))).toBe(long.tenantId);
      expect(await wal.streamHead(executionIn(2))).toEqual(EMPTY_HEAD);
    }));
});
