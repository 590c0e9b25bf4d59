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

/** Ten commits in the write-ahead file, as a killed process leaves them. */
function writeAndCrash(): void {
  const original = join(directory, 'original.db');
  const db = new Database(original);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE entry (body TEXT)');
  const insert = db.prepare('INSERT INTO entry VALUES (?)');
  for (let index = 0; index < COMMITS; index += 1) insert.run(`commit-${index}`);
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

const frameAt = (number: number): number => 32 + (number - 1) * (24 + 4_096);

describe('checkWriteAheadFile', () => {
  it('passes a whole file, none, and one that is empty', () => {
    expect(() => checkWriteAheadFile(file)).not.toThrow();
    expect(rows()).toBe(COMMITS);
    expect(() => checkWriteAheadFile(join(directory, 'missing.db'))).not.toThrow();
    truncateSync(`${file}-wal`, 0);
    expect(() => checkWriteAheadFile(file)).not.toThrow();
  });

  it.each([1, 100, 4_000, 4_120, 9_000])('passes a file whose last commit is torn by %i bytes', (bytes) => {
    const torn = readFileSync(`${file}-wal`);
    writeFileSync(
      `${file}-wal`,
      bytes >= 4_120 ? torn.subarray(0, torn.length - bytes) : torn.fill(0, torn.length - bytes),
    );
    expect(() => checkWriteAheadFile(file)).not.toThrow();
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
