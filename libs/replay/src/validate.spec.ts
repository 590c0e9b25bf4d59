import { stateDigestOf } from '@intendant/execution';
import {
  acceptCommand,
  anyCommands,
  failed,
  fired,
  History,
  needingApproval,
  signal,
  succeeded,
  superseded,
} from '@intendant/execution/testing';
import { canonicalJson } from '@intendant/kernel';
import { decodeEntry, EMPTY_HEAD, type Entry, entryHash, headAfter, type LogRecord } from '@intendant/wal';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { unreadable, validateExecution } from './validate.js';

const ID = SAMPLE_IDS.executionId;
const good = History.of(acceptCommand(), failed(1), fired(2), succeeded(2), superseded());
const seqOf = (type: LogRecord['type'], n = 0): number =>
  good.records.filter((record) => record.type === type)[n]?.seq ?? Number.NaN;

/** A log of these records with sound hashes and dense seqs, so that only what they say can be wrong. */
function logOf(records: readonly LogRecord[]): readonly Entry[] {
  const entries: Entry[] = [];
  let head = EMPTY_HEAD;
  for (const record of records) {
    const {
      actor,
      causationSeq,
      data,
      type,
      v,
      occurredAt,
      correlationId,
      executionId,
      intentId,
      sessionId,
      tenantId,
    } = record;
    const attribution = { correlationId, executionId, intentId, sessionId, tenantId };
    const wire = [{ actor, causationSeq, data, seq: head.nextSeq, type, v }];
    const body = Buffer.from(canonicalJson({ attribution, occurredAt, records: wire }));
    const raw = { streamId: ID, firstSeq: head.nextSeq, recordCount: 1, prevHash: head.lastHash, body };
    const entry = decodeEntry({ ...raw, hash: entryHash(raw) });
    entries.push(entry);
    head = headAfter(entry);
  }
  return entries;
}

type Break = (records: LogRecord[]) => readonly LogRecord[];
const drop =
  (seq: number): Break =>
  (records) =>
    records.filter((record) => record.seq !== seq);
const swap =
  (seq: number): Break =>
  (records) => {
    const [a, b] = [records[seq - 1] as LogRecord, records[seq] as LogRecord];
    return records.map((record) => (record.seq === seq ? b : record.seq === seq + 1 ? a : record));
  };
const repeat =
  (seq: number, after = seq): Break =>
  (records) => [...records.slice(0, after), records[seq - 1] as LogRecord, ...records.slice(after)];
const change =
  (seq: number, member: object): Break =>
  (records) =>
    records.map((record) => (record.seq === seq ? ({ ...record, ...member } as LogRecord) : record));
/** Changes a place inside the data, given as a path. */
const put =
  (seq: number, path: string, value: unknown): Break =>
  (records) =>
    records.map((record) => {
      if (record.seq !== seq) return record;
      const copy = structuredClone(record) as LogRecord;
      const names = path.split('.');
      const last = names.pop() as string;
      const place = names.reduce<Record<string, unknown>>((at, name) => at[name] as never, copy.data as never);
      place[last] = value;
      return copy;
    });

const failures = (entries: readonly Entry[]) =>
  validateExecution(ID, entries)
    .checks.filter((one) => !one.passed)
    .map((one) => `${one.check} @${one.seq}`);

const started = seqOf('step.started');
const BROKEN: readonly [name: string, broken: Break, failed: readonly string[]][] = [
  ['no decision', drop(2), ['order_legal @4', 'policy_allowed_first @null', 'causes_form_a_tree @2']],
  ['a decision that denies', put(2, 'decision.effect', 'deny'), ['order_legal @5', 'policy_allowed_first @2']],
  ['a second decision', repeat(2, 4), ['order_legal @5', 'policy_allowed_first @5']],
  ['a decision about another input', put(2, 'decision.inputDigest', 'a'.repeat(64)), ['digests_match @2']],
  ['a decision for another tenant', put(2, 'decision.tenantId', 'globex'), ['attribution_complete @2']],
  ['an intent of another tenant', put(1, 'intent.tenantId', 'globex'), ['attribution_complete @1']],
  ['a payload that was changed', put(1, 'intent.payload.file', 'b.csv'), ['digests_match @1']],
  ['no capability', drop(3), ['order_legal @4', 'capability_pinned @null', 'causes_form_a_tree @3']],
  ['a capability of another version', put(3, 'capabilities.0.version', '9.0.0'), ['capability_pinned @6']],
  ['a step of another capability', put(started, 'capability.name', 'content.other'), ['capability_pinned @6']],
  ['a step on another input', put(started, 'inputDigest', 'b'.repeat(64)), ['digests_match @6']],
  [
    'a second attempt under another key',
    put(seqOf('step.started', 1), 'idempotencyKey', 'c'.repeat(64)),
    [`order_legal @${seqOf('step.started', 1)}`, `digests_match @${seqOf('step.started', 1)}`],
  ],
  [
    'an artifact that was changed',
    put(seqOf('artifact.recorded'), 'artifact.semanticPayload.rows', 3),
    [`digests_match @${seqOf('artifact.recorded')}`],
  ],
  [
    'an artifact that is missing',
    drop(seqOf('artifact.recorded', 1)),
    [`digests_match @${seqOf('execution.completed') - 1}`],
  ],
  [
    'a state change that was changed',
    put(seqOf('state.changed'), 'key', 'other'),
    [`digests_match @${seqOf('execution.completed')}`],
  ],
  [
    'an event that was changed',
    put(seqOf('event.emitted'), 'data.rows', 3),
    [`digests_match @${seqOf('execution.completed')}`],
  ],
  [
    'another result digest',
    put(seqOf('execution.completed'), 'resultDigest', 'd'.repeat(64)),
    [`digests_match @${seqOf('execution.completed')}`],
  ],
  ['a record of another tenant', change(9, { tenantId: 'globex' }), ['attribution_complete @9']],
  ['a record of another session', change(9, { sessionId: `ses_${'0'.repeat(32)}` }), ['attribution_complete @9']],
  ['a record of another correlation', change(9, { correlationId: 'other' }), ['attribution_complete @9']],
  ['a record of another execution', change(8, { executionId: 'exe_other' }), ['attribution_complete @8']],
  ['a record without an intent', change(8, { intentId: null }), ['attribution_complete @8']],
  ['a record without an actor', change(8, { actor: '' }), ['records_conform @8', 'attribution_complete @8']],
  ['a cause in the future', change(8, { causationSeq: 9 }), ['causes_form_a_tree @8']],
  ['a record that causes itself', change(8, { causationSeq: 8 }), ['causes_form_a_tree @8']],
  ['a record without a cause', change(8, { causationSeq: null }), ['causes_form_a_tree @8']],
  ['a first record with a cause', change(1, { causationSeq: 1 }), ['causes_form_a_tree @1']],
  ['another first record', swap(1), ['causes_form_a_tree @1']],
  ['a step that starts before the execution', swap(5), ['order_legal @5', 'causes_form_a_tree @5']],
  ['a second outcome', repeat(seqOf('step.failed')), ['order_legal @8', 'one_outcome_per_attempt @8']],
  [
    'an outcome after the end',
    repeat(seqOf('step.succeeded'), good.records.length),
    [`order_legal @${good.records.length + 1}`, `one_outcome_per_attempt @${good.records.length + 1}`],
  ],
  ['an unknown type', change(9, { type: 'step.imagined' }), ['records_conform @9', 'order_legal @9']],
  ['an unknown version', change(9, { v: 7 }), ['records_conform @9']],
  ['data of another shape', put(8, 'permit', 7), ['records_conform @8']],
  [
    'a timer that never fires',
    (records) => records.filter(({ type }) => type !== 'timer.fired'),
    ['causes_form_a_tree @10', 'one_outcome_per_attempt @19'],
  ],
];

describe('validating an execution from its log', () => {
  it.each<[string, History]>([
    ['success at the second attempt', good],
    ['success', History.of(acceptCommand(), succeeded(1))],
    ['failure', History.of(acceptCommand(), failed(1, { retryable: false }))],
    ['waiting', History.of(acceptCommand(), failed(1))],
    ['stuck', History.of(acceptCommand({ unknownOutcome: 'park' }), failed(1, { outcome: 'unknown' }))],
  ])('passes every check: %s', (_name, history) => {
    const report = validateExecution(ID, history.entries);
    expect(report.checks.filter((one) => !one.passed)).toEqual([]);
    expect(report).toMatchObject({ executionId: ID, valid: true, stateDigest: stateDigestOf(history.state) });
    expect(failures(logOf(history.records))).toEqual([]);
  });

  it('passes whatever the decider recorded', () => {
    fc.assert(
      fc.property(anyCommands, (commands) => {
        expect(failures(History.of(...commands).entries)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it.each(BROKEN)('fails, and names the record: %s', (_name, broken, failed) => {
    const entries = logOf(broken([...good.records]));
    expect(failures(entries)).toEqual(failed);
    const report = validateExecution(ID, entries);
    expect(report.valid).toBe(false);
    expect(report.stateDigest === null).toBe(failed.some((one) => one.startsWith('order_legal')));
  });

  it.each<[string, (entries: Entry[]) => readonly Entry[], number | null, RegExp]>([
    ['nothing is there', () => [], null, /nothing/],
    ['an entry is missing', (entries) => entries.filter((_entry, index) => index !== 1), 10, /missing/],
    ['the first entry is missing', (entries) => entries.slice(1), 7, /expected seq 1/],
    ['an entry is there twice', (entries) => [...entries.slice(0, 2), ...entries.slice(1)], 7, /repeated/],
    [
      'bytes were changed',
      ([first, ...rest]) => [{ ...(first as Entry), body: Buffer.from('{}') }, ...rest],
      1,
      /bytes/,
    ],
    [
      'the chain is broken',
      ([first, second, ...rest]) => [first as Entry, { ...(second as Entry), prevHash: Buffer.alloc(32) }, ...rest],
      7,
      /chain/,
    ],
  ])('finds the log incomplete when %s', (_name, broken, seq, finding) => {
    const [check] = validateExecution(ID, broken([...good.entries])).checks;
    expect(check).toEqual({ check: 'log_complete', passed: false, seq, finding: expect.stringMatching(finding) });
  });

  it('finds a start that nobody approved', () => {
    const { records } = History.of(
      needingApproval(),
      { ...signal('approve', { waitId: 'start' }), actor: 'user:olga' },
      succeeded(1),
    );
    const broken = (log: readonly LogRecord[]) =>
      validateExecution(ID, logOf(log)).checks.flatMap((one) => (one.passed ? [] : [`${one.check}: ${one.finding}`]));
    expect(broken(records)).toEqual([]);
    const unapproved = records.filter(({ type }) => !type.startsWith('signal.'));
    expect(broken(unapproved).join()).toMatch(/order_legal.*policy_allowed_first: started before it was approved/);
  });

  it('notices when it is given the log of another execution', () => {
    const report = validateExecution(`exe_${'9'.repeat(32)}`, good.entries);
    expect(report.checks.filter((one) => !one.passed).map((one) => one.check)).toContain('log_complete');
    expect(report.valid).toBe(false);
  });

  it('reports a log that cannot be read as such, with the place', () => {
    const report = unreadable(ID, `${ID} seq 7 (partition 1, position 4)`, 'hash does not match the bytes');
    expect(report).toMatchObject({ valid: false, stateDigest: null });
    expect(report.checks[0]).toMatchObject({ check: 'log_complete', passed: false, seq: 7 });
    expect(report.checks.slice(1).every((one) => !one.passed && one.seq === null)).toBe(true);
    expect(report.checks.map((one) => one.check)).toEqual(
      validateExecution(ID, good.entries).checks.map((one) => one.check),
    );
  });
});
