import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDigestOf } from '@intendant/execution';
import { acceptCommand, failed, fired, History, succeeded, superseded } from '@intendant/execution/testing';
import { decodeEntry, type Entry } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import { replayEvents, replayState } from './replay.js';
import { validateExecution } from './validate.js';

/** Whole executions as they were once written, and what they folded to. Files are added, never changed. */
const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'histories');

interface Fixture {
  readonly executionId: string;
  readonly status: string;
  readonly stateDigest: string;
  readonly eventsDigest: string;
  readonly entries: readonly {
    readonly firstSeq: number;
    readonly recordCount: number;
    readonly prevHash: string;
    readonly hash: string;
    readonly body: string;
  }[];
}

const HISTORIES: Readonly<Record<string, () => History>> = {
  success: () => History.of(acceptCommand(), succeeded(1)),
  'retried-then-success': () => History.of(acceptCommand(), failed(1), fired(2), succeeded(2)),
  failed: () => History.of(acceptCommand(), failed(1, { retryable: false, code: 'file_unreadable' })),
  stuck: () => History.of(acceptCommand({ unknownOutcome: 'park' }), failed(1, { outcome: 'unknown' })),
  'late-result': () => History.of(acceptCommand(), failed(1), fired(2), succeeded(2), superseded(), succeeded(1)),
};

const fileOf = (name: string): string => join(FIXTURES, `${name}.json`);
const read = (file: string): Fixture => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as Fixture;

const entriesOf = ({ executionId, entries }: Fixture): readonly Entry[] =>
  entries.map(({ prevHash, hash, body, ...rest }) =>
    decodeEntry({
      ...rest,
      streamId: executionId,
      prevHash: Buffer.from(prevHash, 'hex'),
      hash: Buffer.from(hash, 'hex'),
      body: Buffer.from(body),
    }),
  );

function written(history: History): Fixture {
  const { executionId, state } = history;
  const entries = history.entries.map(({ firstSeq, recordCount, prevHash, hash, body }) => ({
    firstSeq,
    recordCount,
    prevHash: prevHash.toString('hex'),
    hash: hash.toString('hex'),
    body: body.toString('utf8'),
  }));
  const eventsDigest = replayEvents(history.entries).digest;
  return { executionId, status: state.status, stateDigest: stateDigestOf(state), eventsDigest, entries };
}

// INTENDANT_WRITE_FIXTURES=1 npm test -w libs/replay -- histories: writes those that are missing, and only those.
if (process.env.INTENDANT_WRITE_FIXTURES === '1')
  for (const [name, history] of Object.entries(HISTORIES))
    if (!existsSync(fileOf(name)))
      writeFileSync(fileOf(name), `${JSON.stringify(written(history()), null, 2)}\n`, { flag: 'wx' });

describe('executions once written', () => {
  describe.each(readdirSync(FIXTURES))('%s', (file) => {
    const fixture = read(file);
    const { executionId, status, stateDigest, eventsDigest } = fixture;

    it('decodes and passes every check for ever', () => {
      const report = validateExecution(executionId, entriesOf(fixture));
      expect(report.checks.filter((one) => !one.passed)).toEqual([]);
      expect(report).toMatchObject({ valid: true, stateDigest });
    });

    it('folds to the state it had', () => {
      const { state, digest } = replayState(executionId, entriesOf(fixture));
      expect([state.status, digest]).toEqual([status, stateDigest]);
    });

    it('replays to the events it had', () => {
      expect(replayEvents(entriesOf(fixture)).digest).toBe(eventsDigest);
    });
  });

  it.each(Object.keys(HISTORIES))('are kept of each kind: %s', (name) => {
    expect(existsSync(fileOf(name))).toBe(true);
  });

  it('end in every way an execution can end', () => {
    const ends = readdirSync(FIXTURES).map((file) => read(file).status);
    expect(new Set(ends)).toEqual(new Set(['completed', 'failed', 'stuck']));
  });

  it('hold a result that came late', () => {
    const types = entriesOf(read('late-result.json')).flatMap(({ records }) => records.map(({ type }) => type));
    expect(types.indexOf('call.superseded')).toBeGreaterThan(types.indexOf('execution.completed'));
  });
});
