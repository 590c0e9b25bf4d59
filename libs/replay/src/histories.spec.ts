import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExecutionCommand, type JournalBatch, stateDigestOf } from '@intendant/execution';
import {
  acceptCommand,
  acceptPlan,
  broke,
  chainOf,
  done,
  failed,
  fired,
  History,
  planStep,
  signal,
  succeeded,
  superseded,
  undone,
} from '@intendant/execution/testing';
import type { JournalCommand } from '@intendant/intent-model';
import { decodeEntry, type Entry } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import { replayEvents, replayState } from './replay.js';
import { validateExecution } from './validate.js';

/** Whole executions as they were once written, and what they folded to. Files are added, never changed; `early-…` cannot be made again. */
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

/** Runs over the members of the payload that the samples have, two at a time. */
const fanOut = {
  concurrencyMax: 2,
  steps: [
    planStep('first'),
    planStep('each', ['first'], { forEach: { items: '/steps/first/events' }, input: { item: { $from: '/item' } } }),
    planStep('last', ['each']),
  ],
};
const withPivot = {
  concurrencyMax: 1,
  steps: [planStep('a'), planStep('b', ['a'], { pivot: true }), planStep('c', ['b'])],
};
const HOUR_MS = 3_600_000;
const NOW_MS = done('a').nowMs;

/** What the handler of a saga as code says that it did. */
const reports = (commands: JournalCommand[], undos?: JournalBatch['undos']): ExecutionCommand => ({
  kind: 'journal',
  stepId: 'main',
  attempt: 1,
  direction: 'forward',
  nowMs: NOW_MS,
  journal: { commands, ...(undos && { undos }) },
});
const suspends = (seen: number): ExecutionCommand => {
  const journal = { commands: [] };
  return { kind: 'step_suspended', stepId: 'main', attempt: 1, direction: 'forward', nowMs: NOW_MS, seen, journal };
};
const at = (ordinal: number) => ({ branch: '', ordinal });
const undo = planStep('a').compensation as NonNullable<ReturnType<typeof planStep>['compensation']>;

const startsA: JournalCommand = {
  op: 'step_start',
  ...at(1),
  id: 'a',
  attempt: 1,
  compensate: { intent: undo.intent, input: {} },
};

/** A step that can be undone, a fact, a night's sleep, an approval; then the handler fails, and the step is undone. */
const inCode = (): History =>
  History.of(
    acceptCommand({ durable: true }),
    reports(
      [
        startsA,
        { op: 'step_succeed', id: 'a', attempt: 1, value: { n: 1 } },
        { op: 'fact', ...at(2), kind: 'now', id: 'now.2', value: NOW_MS },
        { op: 'state_set', ...at(3), id: 'phase', value: 'asleep' },
        { op: 'sleep', ...at(4), id: 'night', durationMs: 8 * HOUR_MS },
      ],
      new Map([[startsA, { ...undo, service: 'content', input: {} }]]),
    ),
    suspends(0),
    { kind: 'timer_fired', timerId: 'sleep/night', nowMs: NOW_MS + 8 * HOUR_MS },
    reports([
      { op: 'observe', kind: 'sleep', id: 'night' },
      {
        op: 'await_signal',
        ...at(5),
        id: 'release',
        name: 'approval:release',
        approval: true,
        prompt: null,
        timeoutMs: null,
      },
    ]),
    suspends(1),
    signal('approve', { waitId: 'release' }),
    { ...failed(1, { retryable: false, code: 'changed_its_mind' }) },
    undone('a'),
  );

const HISTORIES: Readonly<Record<string, () => History>> = {
  success: () => History.of(acceptCommand(), succeeded(1)),
  'retried-then-success': () => History.of(acceptCommand(), failed(1), fired(2), succeeded(2)),
  failed: () => History.of(acceptCommand(), failed(1, { retryable: false, code: 'file_unreadable' })),
  stuck: () => History.of(acceptCommand({ unknownOutcome: 'park' }), failed(1, { outcome: 'unknown' })),
  compensated: () =>
    History.of(acceptPlan(chainOf('a', 'b', 'c')), done('a'), done('b'), broke('c'), undone('b'), undone('a')),
  'stuck-undo-then-retried': () =>
    History.of(
      acceptPlan(chainOf('a', 'b')),
      done('a'),
      broke('b'),
      broke('a', { direction: 'undo' }),
      signal('retry_step', { stepId: 'a' }),
      undone('a', 2),
    ),
  'fan-out': () => History.of(acceptPlan(fanOut), done('first'), done('each.0'), done('last')),
  signals: () =>
    History.of(
      acceptPlan({ concurrencyMax: 1, steps: [planStep('a'), planStep('b', ['a'], { unknownOutcome: 'park' })] }),
      signal('pause'),
      done('a'),
      signal('update_params', { params: { rate: 7 } }),
      signal('resume'),
      broke('b', { outcome: 'unknown' }),
      signal('resolve_step', { stepId: 'b', outcome: 'succeeded' }),
    ),
  cancelled: () =>
    History.of(acceptPlan(chainOf('a', 'b')), done('a'), signal('cancel'), done('b'), undone('b'), undone('a')),
  'pivot-after-cancel': () => History.of(acceptPlan(withPivot), done('a'), signal('cancel'), done('b'), done('c')),
  'emergency-stop': () => History.of(acceptPlan(chainOf('a', 'b')), done('a'), signal('emergency_stop')),
  'in-code': inCode,
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
    expect(new Set(ends)).toEqual(new Set(['completed', 'failed', 'stuck', 'compensated', 'cancelled']));
  });

  it('hold a result that came late', () => {
    const types = entriesOf(read('late-result.json')).flatMap(({ records }) => records.map(({ type }) => type));
    expect(types.indexOf('call.superseded')).toBeGreaterThan(types.indexOf('execution.completed'));
  });
});
