import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogCorrupt } from '@intendant/wal';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { checkWriteAheadFile } from './write-ahead-file.js';

const COMMITS = 10;

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'write-ahead-'));
  file = join(directory, 'log.db');
  writeAndCrash();
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Ten commits in the write-ahead file and what `more` does, as a killed process leaves them. */
function writeAndCrash(more: (db: Database.Database) => void = () => undefined): void {
  const original = join(directory, 'original.db');
  rmSync(original, { force: true });
  const db = new Database(original);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE entry (body TEXT)');
  const insert = db.prepare('INSERT INTO entry VALUES (?)');
  for (let index = 0; index < COMMITS; index += 1) insert.run(`commit-${index}`);
  more(db);
  for (const end of ['', '-wal']) copyFileSync(original + end, file + end);
  db.close();
}

function flip(at: (bytes: Buffer) => number): void {
  const bytes = readFileSync(`${file}-wal`);
  const place = at(bytes);
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  writeFileSync(`${file}-wal`, bytes);
}

function rows(): number {
  const db = new Database(file);
  const { count } = db.prepare('SELECT count(*) AS count FROM entry').get() as { count: number };
  db.close();
  return count;
}

const FRAME_BYTES = 24 + 4_096;
const frameAt = (number: number): number => 32 + (number - 1) * FRAME_BYTES;

/** Frames with the salts of the header; what stands behind them is of an earlier generation. */
function framesOfThisGeneration(): number {
  const bytes = readFileSync(`${file}-wal`);
  const salts = bytes.subarray(16, 24);
  let count = 0;
  while (bytes.subarray(frameAt(count + 1) + 8, frameAt(count + 1) + 16).equals(salts)) count += 1;
  expect(frameAt(count + 1)).toBeLessThan(bytes.length);
  return count;
}

describe('checkWriteAheadFile', () => {
  it('passes a whole file, none, and one that is empty', () => {
    expect(checkWriteAheadFile(file)).toBe(0);
    expect(rows()).toBe(COMMITS);
    expect(checkWriteAheadFile(join(directory, 'missing.db'))).toBe(0);
    truncateSync(`${file}-wal`, 0);
    expect(checkWriteAheadFile(file)).toBe(0);
  });

  it.each([1, 100, 4_000, FRAME_BYTES])('tells how much a crash tore that left the last %i bytes empty', (bytes) => {
    const torn = readFileSync(`${file}-wal`);
    writeFileSync(`${file}-wal`, torn.fill(0, torn.length - bytes));
    expect(checkWriteAheadFile(file)).toBe(FRAME_BYTES);
    expect(rows()).toBe(COMMITS - 1);
  });

  it.each([
    { missing: 1, torn: FRAME_BYTES - 1 },
    { missing: FRAME_BYTES - 1, torn: 1 },
    { missing: FRAME_BYTES, torn: 0 },
    { missing: 9_000, torn: 3 * FRAME_BYTES - 9_000 },
  ])('tells of $torn torn bytes where the last $missing were not written', ({ missing, torn }) => {
    truncateSync(`${file}-wal`, readFileSync(`${file}-wal`).length - missing);
    expect(checkWriteAheadFile(file)).toBe(torn);
  });

  it('names the header when any byte of it was changed: every commit would be gone without a word', () => {
    for (let place = 0; place < 32; place += 1) {
      flip(() => place);
      expect(() => checkWriteAheadFile(file)).toThrow(LogCorrupt);
      flip(() => place);
    }
    flip(() => 16);
    expect(rows).toThrow('no such table');
  });

  it('takes room that a crash left empty for a file without anything', () => {
    writeFileSync(`${file}-wal`, Buffer.alloc(3 * FRAME_BYTES));
    expect(checkWriteAheadFile(file)).toBe(0);
  });

  it('takes whole frames without the end of their commit for torn, and what an earlier generation left for nothing', () => {
    writeAndCrash((db) => {
      db.pragma('wal_checkpoint(RESTART)');
      db.exec(`INSERT INTO entry VALUES ('${'x'.repeat(3 * 4_096)}')`);
    });
    expect(checkWriteAheadFile(file)).toBe(0);
    const frames = framesOfThisGeneration();
    flip(() => frameAt(frames) + 24);
    expect(checkWriteAheadFile(file)).toBe(frames * FRAME_BYTES);
    expect(rows()).toBe(COMMITS);
  });

  it('names the frame of a flipped byte, in page, salt, checksum or commit mark, that SQLite would cut the log at', () => {
    flip((bytes) => bytes.indexOf('commit-5'));
    expect(() => checkWriteAheadFile(file)).toThrow(LogCorrupt);
    expect(() => checkWriteAheadFile(file)).toThrow(/frame \d+/);
    expect(rows()).toBeLessThan(COMMITS);
  });

  it.each([0, 4, 8, 12, 16, 20, 24])('finds a flip at byte %i of a frame', (offset) => {
    flip(() => frameAt(5) + offset);
    expect(() => checkWriteAheadFile(file)).toThrow('frame 5');
  });
});
