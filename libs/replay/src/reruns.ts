import {
  type CallTerms,
  callTermsOf,
  type ExecutionState,
  evolve,
  MAIN_STEP,
  noExecution,
  type StepState,
} from '@intendant/execution';
import type { Journal, JournalPlace, ParticipantResult, ReplayCall } from '@intendant/intent-model';
import { digestOf, type JsonValue } from '@intendant/kernel';
import type { LogRecord } from '@intendant/wal';
import { withAsked } from './asked-in.js';

/** How a recorded handler ended: with a result, for good with an error, or waiting for something that never came. */
export type RecordedEnd =
  | { readonly kind: 'succeeded'; readonly digest: string; readonly result: ParticipantResult | null }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'suspended' }
  /** It began, and no record says what the handler itself came to. */
  | { readonly kind: 'not_compared'; readonly detail: string };

/** One handler that ran, with everything it was given then and what came of it. */
export interface Rerun {
  readonly terms: CallTerms;
  /** As it was when the step began; a handler saw no more of it. */
  readonly before: ExecutionState;
  readonly startedAt: string;
  readonly state: ReplayCall['state'];
  /** Of a saga as code: all that it did. */
  readonly journal: Journal | null;
  readonly end: RecordedEnd;
  /** Of the record that began the operation of a saga as code which stands there. */
  readonly seqAt: (place: JournalPlace) => number | undefined;
  /** Seq of the record that says how it ended; of its start when none does. */
  readonly seq: number;
}

interface Start {
  readonly before: ExecutionState;
  readonly startedAt: string;
  readonly seq: number;
  /** What is said when nothing better follows. */
  readonly detail: string;
}

type Outcome = Extract<
  LogRecord,
  { type: 'step.succeeded' | 'compensation.succeeded' | 'step.failed' | 'step.suspended' }
>;

/** Every handler of an execution that began, forward and back, in the order of the outcomes. */
export function rerunsOf(executionId: string, records: readonly LogRecord[]): readonly Rerun[] {
  const reruns: Omit<Rerun, 'seqAt'>[] = [];
  const begun = new Map<string, Start>();
  const seqAt = seqsOf(records);
  let state = noExecution(executionId);
  for (const [position, record] of records.entries()) {
    const after = evolve(state, record);
    if (record.type === 'step.started' || record.type === 'compensation.started')
      begun.set(nameOf(record), {
        before: after,
        startedAt: record.occurredAt,
        seq: record.seq,
        detail: 'no outcome was recorded',
      });
    if (record.type === 'step.failed' || record.type === 'compensation.failed') failed(begun, record);
    const start = isOutcome(record) ? begun.get(nameOf(record)) : undefined;
    const rerun = start && rerunOf(start, state, record as Outcome, records.slice(position + 1));
    if (rerun) reruns.push(rerun);
    state = after;
  }
  const notAgain = [...begun].flatMap(([name, start]) => notCompared(name, start));
  return lastOfEach([...notAgain, ...reruns].map((one) => ({ ...one, seqAt }))).map((one) => ({
    ...one,
    journal: one.journal && { ...one.journal, entries: withAsked(one.journal.entries, records) },
  }));
}

function seqsOf(records: readonly LogRecord[]): Rerun['seqAt'] {
  const keyOf = ({ branch, ordinal }: JournalPlace) => `${branch}#${ordinal}`;
  const seqs = new Map<string, number>();
  // the next attempt of a step stands where the first one does
  for (const { seq, data } of records)
    if ('op' in data && data.op !== undefined && !seqs.has(keyOf(data.op))) seqs.set(keyOf(data.op), seq);
  return (place) => seqs.get(keyOf(place));
}

/** An attempt that failed is not run again: what made it fail was outside, or the Runtime itself gave the outcome. */
function failed(begun: Map<string, Start>, record: LogRecord & { readonly data: { readonly stepId: string } }): void {
  const start = begun.get(nameOf(record));
  if (start !== undefined)
    begun.set(nameOf(record), { ...start, seq: record.seq, detail: 'attempts that failed are not run again' });
}

function notCompared(name: string, { before, startedAt, seq, detail }: Start): readonly Omit<Rerun, 'seqAt'>[] {
  const [direction, stepId] = [
    name.startsWith('undo/') ? 'undo' : 'forward',
    name.slice(name.indexOf('/') + 1),
  ] as const;
  const step = before.steps.get(stepId) as StepState;
  if (step.inner) return [];
  const terms = callTermsOf(before, step, direction);
  return [{ terms, before, startedAt, state: [], journal: null, end: { kind: 'not_compared', detail }, seq }];
}

const isOutcome = (record: LogRecord): record is Outcome =>
  record.type === 'step.succeeded' ||
  record.type === 'compensation.succeeded' ||
  record.type === 'step.failed' ||
  record.type === 'step.suspended';

const nameOf = (record: { readonly type: string; readonly data: { readonly stepId: string } }): string =>
  `${record.type.startsWith('compensation') ? 'undo' : 'forward'}/${record.data.stepId}`;

function rerunOf(
  { before, startedAt }: Start,
  now: ExecutionState,
  record: Outcome,
  rest: readonly LogRecord[],
): Omit<Rerun, 'seqAt'> | null {
  const { stepId } = record.data;
  const step = before.steps.get(stepId) as StepState;
  const durable = stepId === MAIN_STEP ? now.durable : null;
  // what happens inside a saga as code is in its journal
  if (step.inner || (durable === null && record.type !== 'step.succeeded' && record.type !== 'compensation.succeeded'))
    return null;
  const direction = record.type === 'compensation.succeeded' ? 'undo' : 'forward';
  const journal: Journal | null = durable && {
    version: durable.version,
    mode: now.unwinding === null ? 'run' : 'drain',
    entries: [...durable.journal],
  };
  const end = endOf(record, now, rest);
  if (end === null) return null;
  const state = before.stateChanges.filter((change) => change.scope === 'execution') as ReplayCall['state'];
  return {
    terms: callTermsOf(before, step, direction),
    before,
    startedAt,
    state: state.toReversed(),
    journal,
    end,
    seq: record.seq,
  };
}

/** An outcome that is unknown, or that the Runtime gave itself, says nothing about the handler. */
function endOf(record: Outcome, { unwinding }: ExecutionState, rest: readonly LogRecord[]): RecordedEnd | null {
  if (record.type === 'step.suspended') return { kind: 'suspended' };
  if (record.type !== 'step.failed') return { kind: 'succeeded', ...resultIn(record, rest) };
  const { outcome, error } = record.data;
  if (outcome === 'unknown' || error.code === 'determinism_violation' || unwinding !== null) return null;
  return { kind: 'failed', code: error.code };
}

const OUTPUT: ReadonlySet<LogRecord['type']> = new Set([
  'artifact.recorded',
  'data.registered',
  'state.changed',
  'event.emitted',
] as const);

/** The result as its records tell it, put together again; null when they do not have its digest. */
function resultIn(
  record: Extract<Outcome, { type: 'step.succeeded' | 'compensation.succeeded' }>,
  rest: readonly LogRecord[],
): { readonly digest: string; readonly result: ParticipantResult | null } {
  const end = rest.findIndex((one) => !OUTPUT.has(one.type));
  const output = rest.slice(0, end === -1 ? rest.length : end);
  const result: ParticipantResult = {
    artifacts: output.flatMap((one) => (one.type === 'artifact.recorded' ? [one.data.artifact] : [])),
    events: output.flatMap((one) =>
      one.type === 'event.emitted' ? [{ eventType: one.data.eventType, data: one.data.data }] : [],
    ),
    stateChanges: output.flatMap((one) => {
      if (one.type !== 'state.changed') return [];
      const { key, scope, value } = one.data;
      return [{ key, scope, value }];
    }),
  };
  const digest = record.data.outputDigest;
  return { digest, result: digestOf(result as unknown as JsonValue) === digest ? result : null };
}

/** A saga as code ran many times; its last run is all of them. What was compared comes after what was not. */
function lastOfEach(reruns: readonly Rerun[]): readonly Rerun[] {
  const last = new Map(reruns.map((one) => [`${one.terms.direction}/${one.terms.stepId}`, one]));
  return [...last.values()].sort((a, b) => a.seq - b.seq);
}
