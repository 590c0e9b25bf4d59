import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryFrame, PlacedFrame } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { SqliteJournal, verifyLog } from '@intendant/wal-sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CopyStore } from './copy-store.js';
import { PartitionCopy } from './partition-copy.js';

const book = new LogBook();
const entryAt = (position: number, n: number): EntryFrame => {
  const { records: _records, ...entry } = book.next(executionIn(0, n));
  return { kind: 'entry', epoch: 1, position, entry };
};
const [first, second, third] = [entryAt(1, 1), entryAt(2, 2), entryAt(3, 3)];
const frames: PlacedFrame[] = [
  { cursor: '1', frame: { kind: 'claim', epoch: 1, nonce: 'a' } },
  { cursor: '2', frame: first },
  { cursor: '3', frame: second },
];

let directory: string;
let journal: SqliteJournal;
const copyOf = (): PartitionCopy =>
  new PartitionCopy(0, new CopyStore(journal), { onHalted: () => undefined, onFollowed: () => undefined });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'intendant-copy-'));
  journal = new SqliteJournal({ directory, partitionCount: 1, synchronous: 'NORMAL' });
});
afterEach(() => {
  journal.close(true);
  rmSync(directory, { recursive: true, force: true });
});

describe('a place that is no text any more', () => {
  it.each(['cursor', 'name', 'nonce'])(
    'halts its partition by name, and is found by verification: %s',
    async (column) => {
      copyOf().take(frames);
      new CopyStore(journal).sourceOf('log_a');
      journal.db.exec(`UPDATE copied SET ${column} = CAST(x'b1' AS TEXT)`);
      expect(copyOf().halted).toMatchObject({
        place: 'partition 0',
        finding: 'table copied, the place of partition 0: is not text in UTF-8',
      });
      const { findings } = await verifyLog(directory);
      expect(findings).toEqual([{ place: 'table copied', finding: `${column} of row 0 is not text in UTF-8` }]);
    },
  );
});

describe('what a copy says that it holds', () => {
  it.each(['that took it', 'that was opened later'])('is the entry that was kept at a position: a copy %s', (which) => {
    const taker = copyOf();
    taker.take(frames);
    const copy = which === 'that took it' ? taker : copyOf();
    expect([first, second, third].map((frame) => copy.holds(frame))).toEqual([true, true, false]);
    expect([entryAt(1, 8), entryAt(2, 9)].map((other) => copy.holds(other))).toEqual([false, false]);
  });
});
