import { IllegalRecord, stateDigestOf } from '@intendant/execution';
import { acceptCommand, anyCommands, failed, fired, History, succeeded } from '@intendant/execution/testing';
import { decodeEntry, type Entry } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { replayEvents, replayState } from './replay.js';

const stored = (history: History): readonly Entry[] =>
  history.entries.map(({ records: _records, ...raw }) => decodeEntry(raw));

describe('replaying the state', () => {
  it('gives the digest of the live state, after every entry', () => {
    fc.assert(
      fc.property(anyCommands, (commands) => {
        const history = new History();
        for (const command of commands) {
          history.perform(command);
          const replayed = replayState(history.executionId, stored(history));
          expect(replayed).toMatchObject({ mode: 'state_only', digest: stateDigestOf(history.state) });
        }
      }),
      { numRuns: 100 },
    );
  });

  it('stops at the first record that cannot follow', () => {
    const { executionId, entries } = History.of(acceptCommand(), failed(1), fired(2), succeeded(2));
    const broken = entries.filter((_entry, index) => index !== 1);
    expect(() => replayState(executionId, broken)).toThrow(IllegalRecord);
    expect(() => replayState(executionId, broken)).toThrow(expect.objectContaining({ seq: 10 }));
  });
});

describe('replaying the events', () => {
  const history = History.of(acceptCommand(), failed(1), fired(2), succeeded(2));

  it('gives the records in their order, twice the same', () => {
    const replayed = replayEvents(history.entries);
    expect(replayed.records).toEqual(history.records);
    expect(replayEvents(stored(history))).toEqual(replayed);
  });

  it('has another digest when any entry is another', () => {
    const digests = history.entries.map((_entry, index) => replayEvents(history.entries.slice(0, index + 1)).digest);
    const other = History.of(acceptCommand({ jitterSeed: 'other' }), failed(1), fired(2), succeeded(2));
    expect(new Set([...digests, replayEvents(other.entries).digest]).size).toBe(5);
  });
});
