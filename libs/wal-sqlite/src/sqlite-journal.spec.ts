import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY_HEAD, type Entry, encodeEntry, headAfter, type RecordDraft } from '@intendant/wal';
import { executionIn, SAMPLE_DATA, SAMPLE_IDS, sampleAttribution } from '@intendant/wal/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteJournal } from './sqlite-journal.js';

const HEADS_MAX = 20_000;

let directory: string;
let journal: SqliteJournal;
const open = (): SqliteJournal => new SqliteJournal({ directory, partitionCount: 1, synchronous: 'NORMAL' });
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sqlite-journal-'));
  journal = open();
});
afterEach(() => {
  journal.close(true);
  rmSync(directory, { recursive: true, force: true });
});

const entryOf = (streamId: string, type: RecordDraft['type'], before?: Entry): Entry => {
  const draft = { type, actor: 'runtime', cause: null, data: SAMPLE_DATA[type] } as RecordDraft;
  const head = before === undefined ? EMPTY_HEAD : headAfter(before);
  return encodeEntry(streamId, head, sampleAttribution(streamId), SAMPLE_IDS.at, [draft]);
};
const commit = (...entries: Entry[]): unknown => journal.commit([{ partition: 0, epoch: 1, entries }]);

describe('the ends of streams', () => {
  it('are remembered of so many at most, although something is always promised; that is never forgotten', () => {
    const [first] = [entryOf(executionIn(0, 0), 'execution.started')];
    journal.promise([first]);
    for (let n = 1; n <= HEADS_MAX + 2_000; n += 100) {
      const entries = Array.from({ length: 100 }, (_, k) => entryOf(executionIn(0, n + k), 'execution.started'));
      journal.promise(entries);
      commit(...entries);
    }
    expect(journal.headCount).toBeLessThanOrEqual(HEADS_MAX + 100);
    expect(journal.promisedHead(first.streamId)).toEqual(headAfter(first));
    expect(journal.promisedHead(executionIn(0, 1)).nextSeq).toBe(2);
  });
});

describe('an execution that has settled', () => {
  it('lives no more after the next start, although it was paused and resumed since its row was written', () => {
    const id = executionIn(0);
    const started = entryOf(id, 'execution.started');
    commit(started);
    journal.close(true);
    journal = open();
    const paused = entryOf(id, 'execution.paused', started);
    const resumed = entryOf(id, 'execution.resumed', paused);
    commit(paused, resumed);
    expect(journal.store.liveExecutions(0)).toEqual([id]);
    commit(entryOf(id, 'execution.completed', resumed));
    expect(journal.store.liveExecutions(0)).toEqual([]);
    journal.close(true);
    journal = open();
    expect(journal.store.liveExecutions(0)).toEqual([]);
  });
});
