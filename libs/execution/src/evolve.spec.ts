import type { LogRecord } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import { evolve } from './evolve.js';
import { IllegalRecord } from './illegal-record.js';
import { type ExecutionState, noExecution } from './state.js';
import { acceptCommand, failed, fired, History, succeeded } from './testing/index.js';

const retried = History.of(acceptCommand(), failed(1), fired(2), succeeded(2)).records;
const seqOf = (type: LogRecord['type'], n = 0): number => retried.filter((record) => record.type === type)[n]?.seq ?? 0;

const recordAt = (seq: number): LogRecord => retried[seq - 1] as LogRecord;

/** Records with new seqs, so that only the change under test can be what is wrong. */
const inSequence = (records: readonly LogRecord[]): readonly LogRecord[] =>
  records.map((record, index) => ({ ...record, seq: index + 1 }));
const without = (seq: number): readonly LogRecord[] => retried.filter((record) => record.seq !== seq);
const again = (seq: number, at = seq): readonly LogRecord[] => [
  ...retried.slice(0, at),
  recordAt(seq),
  ...retried.slice(at),
];
const changed = (seq: number, data: object): readonly LogRecord[] =>
  retried.map((record) =>
    record.seq === seq ? ({ ...record, data: { ...record.data, ...data } } as LogRecord) : record,
  );
const fold = (records: readonly LogRecord[]): ExecutionState => records.reduce(evolve, noExecution('exe'));

describe('an illegal record is refused and named', () => {
  it.each<[string, readonly LogRecord[], string, RegExp]>([
    ['no intent', without(1), 'execution.started', /no intent/],
    ['no decision', without(seqOf('policy.decided')), 'execution.started', /no decision/],
    ['a denial', changed(2, { decision: { effect: 'deny' } }), 'execution.started', /no decision/],
    ['no capability', without(seqOf('capability.resolved')), 'execution.started', /no capability/],
    ['no acceptance', without(seqOf('intent.accepted')), 'execution.started', /not accepted/],
    ['no start', without(seqOf('execution.started')), 'step.started', /not yet started/],
    ['two intents', again(1), 'intent.received', /recorded before/],
    ['two decisions', again(2), 'policy.decided', /recorded before/],
    ['two resolutions', again(3), 'capability.resolved', /recorded before/],
    ['two acceptances', again(4), 'intent.accepted', /recorded before/],
    ['two starts', again(5), 'execution.started', /already started/],
    ['a decision after the start', again(2, 6), 'policy.decided', /already started/],
    ['no step start', without(seqOf('step.started')), 'step.failed', /never_started/],
    ['a step that is started twice', again(6), 'step.started', /is started/],
    ['two outcomes', again(seqOf('step.failed')), 'step.failed', /is failed/],
    ['no outcome', without(seqOf('step.succeeded')), 'execution.completed', /is started/],
    ['no second start', without(seqOf('step.started', 1)), 'step.succeeded', /awaiting_retry/],
    ['a timer that is not set', without(seqOf('timer.set')), 'timer.fired', /not set/],
    ['a timer that fires twice', again(seqOf('timer.fired')), 'timer.fired', /not set/],
    ['an attempt left out', changed(seqOf('step.started', 1), { attempt: 3 }), 'step.started', /attempt 3, expected 2/],
    [
      'an outcome of another attempt',
      changed(seqOf('step.failed'), { attempt: 2 }),
      'step.failed',
      /attempt 2, expected 1/,
    ],
    [
      'a retry of another attempt',
      changed(seqOf('step.retry_scheduled'), { attempt: 4 }),
      'step.retry_scheduled',
      /attempt 4/,
    ],
    [
      'another key',
      changed(seqOf('step.started', 1), { idempotencyKey: 'f'.repeat(64) }),
      'step.started',
      /another idempotency key/,
    ],
    [
      'an outcome after the end',
      [...retried, recordAt(seqOf('step.succeeded'))],
      'step.succeeded',
      /already completed/,
    ],
    ['an end after the end', [...retried, recordAt(retried.length)], 'execution.completed', /already completed/],
    ['an end without a step', [...retried.slice(0, 5), recordAt(retried.length)], 'execution.completed', /no step/],
    ['an end of nothing', [recordAt(retried.length)], 'execution.completed', /not yet started/],
    [
      'a record of something else',
      [{ ...recordAt(1), type: 'session.closed', data: { reason: '' } } as LogRecord],
      'session.closed',
      /not yet started/,
    ],
  ])('%s', (_name, records, type, finding) => {
    const run = () => fold(inSequence(records));
    expect(run).toThrow(IllegalRecord);
    expect(run).toThrow(expect.objectContaining({ type, message: expect.stringMatching(finding) }));
  });

  it('a record of something else, after the start', () => {
    const alien = { ...recordAt(1), seq: 7, type: 'session.closed', data: { reason: '' } } as LogRecord;
    expect(() => fold([...retried.slice(0, 6), alien])).toThrow(/does not belong/);
  });

  it.each([
    ['left out', without(8), 9],
    ['repeated', again(8), 8],
  ])('a seq that is %s', (_name, records, seq) => {
    expect(() => fold(records)).toThrow(expect.objectContaining({ seq }));
  });
});

describe('folding', () => {
  it('does not change the state it starts from', () => {
    let state = noExecution('exe');
    for (const record of retried) {
      const frozen = deepFreeze(state);
      state = evolve(frozen, record);
    }
    expect(state.status).toBe('completed');
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
