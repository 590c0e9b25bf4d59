import type { ParticipantResult } from '@intendant/intent-model';
import { nextStepStatus, nextUndoStatus, planStepOf, type StepEvent, type UndoEvent } from '@intendant/saga';
import type { LogRecord, RecordType } from '@intendant/wal';
import type { Growth } from './growth.js';
import { IllegalRecord } from './illegal-record.js';
import { paramsOfCall, planOf } from './plan-of.js';
import type { ExecutionState, StepState, UndoState } from './state.js';

type Of<T extends RecordType> = Extract<LogRecord, { type: T }>;

export type StepRecord = Of<
  | 'step.started'
  | 'step.succeeded'
  | 'step.failed'
  | 'step.retry_scheduled'
  | 'step.skipped'
  | 'step.resolved'
  | 'step.suspended'
  | 'step.resumed'
>;

export type UndoRecord = Of<
  | 'compensation.started'
  | 'compensation.succeeded'
  | 'compensation.failed'
  | 'compensation.retry_scheduled'
  | 'compensation.skipped'
>;

export const NO_RESULT: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };

/** Folds what the log says about a step. */
export function foldStep(state: ExecutionState, record: StepRecord, growth: Growth): ExecutionState {
  const { stepId } = record.data;
  const before = state.steps.get(stepId);
  const event = record.type.slice('step.'.length) as StepEvent;
  const status = nextStepStatus(before?.status ?? 'never_started', event);
  if (status === undefined || (record.type === 'step.resolved' && before?.errorOutcome !== 'unknown'))
    throw new IllegalRecord(record.seq, record.type, `step ${stepId} is ${before?.status ?? 'never_started'}`);
  requireAttempt(before, record);
  const after = { ...stepAfter(state, before, record), status: statusAfter(status, record) };
  const recording = (record.type === 'step.succeeded' || record.type === 'step.resolved') && !after.inner;
  return {
    ...state,
    steps: state.steps.with(after, growth),
    recordingStepId: recording ? stepId : state.recordingStepId,
  };
}

const statusAfter = (status: StepState['status'], record: StepRecord): StepState['status'] =>
  record.type === 'step.resolved' && record.data.outcome === 'failed' ? 'failed' : status;

/** A start and a planned retry name the next attempt, an outcome the current one; the key is the same in all of them. */
function requireAttempt(before: StepState | undefined, record: StepRecord): void {
  if (record.type === 'step.skipped') return;
  const current = before?.attempt ?? 0;
  const next = record.type === 'step.started' || record.type === 'step.retry_scheduled';
  const expected = next ? current + 1 : current;
  if (record.data.attempt !== expected)
    throw new IllegalRecord(record.seq, record.type, `is about attempt ${record.data.attempt}, expected ${expected}`);
  if (record.type === 'step.started' && before !== undefined && record.data.idempotencyKey !== before.idempotencyKey)
    throw new IllegalRecord(record.seq, record.type, 'has another idempotency key than the first attempt');
}

function stepAfter(state: ExecutionState, before: StepState | undefined, record: StepRecord): StepState {
  switch (record.type) {
    case 'step.started':
      return started(state, before, record);
    case 'step.skipped':
      return { ...(before ?? neverStarted(state, record)), endedSeq: record.seq };
    case 'step.succeeded':
      return { ...(before as StepState), ...success(record.data.outputDigest, record.seq) };
    case 'step.failed':
      return failed(before as StepState, record);
    case 'step.resolved': {
      const { outcome, outputDigest, error } = record.data;
      if (outcome === 'succeeded') return { ...(before as StepState), ...success(outputDigest, record.seq) };
      return { ...(before as StepState), error, errorOutcome: 'definite', endedSeq: record.seq };
    }
    default:
      return before as StepState;
  }
}

const success = (outputDigest: string | null, endedSeq: number) => ({
  outputDigest,
  endedSeq,
  error: null,
  errorOutcome: null,
  result: NO_RESULT,
});

function started(state: ExecutionState, before: StepState | undefined, record: Of<'step.started'>): StepState {
  const { stepId, attempt, idempotencyKey, capability } = record.data;
  return {
    stepId,
    status: 'started',
    attempt,
    idempotencyKey,
    capability,
    definiteFailures: before?.definiteFailures ?? 0,
    unknownOutcomes: before?.unknownOutcomes ?? 0,
    error: null,
    errorOutcome: null,
    outputDigest: null,
    endedSeq: null,
    result: null,
    undo: null,
    params: record.data.op === undefined ? paramsOfCall(state, record.data, 'forward') : null,
    registered: before?.registered ?? null,
    retry: record.data.retry ?? before?.retry ?? null,
    inner: record.data.op !== undefined,
  };
}

/** A step that is skipped before it ever ran. */
function neverStarted(state: ExecutionState, record: Of<'step.skipped'>): StepState {
  const { stepId } = record.data;
  const capability = planStepOf(planOf(state), stepId)?.step.capability ?? { name: 'none.none', version: '0.0.0' };
  return {
    stepId,
    status: 'skipped',
    attempt: 0,
    idempotencyKey: '',
    capability,
    definiteFailures: 0,
    unknownOutcomes: 0,
    error: null,
    errorOutcome: null,
    outputDigest: null,
    endedSeq: null,
    result: null,
    undo: null,
    params: null,
    registered: null,
    retry: null,
    inner: false,
  };
}

function failed(step: StepState, record: Of<'step.failed'>): StepState {
  const unknown = record.data.outcome === 'unknown';
  return {
    ...step,
    error: record.data.error,
    errorOutcome: record.data.outcome,
    endedSeq: record.seq,
    definiteFailures: step.definiteFailures + (unknown ? 0 : 1),
    unknownOutcomes: unknown ? step.unknownOutcomes + 1 : 0,
  };
}

const noUndo = (idempotencyKey: string): UndoState => ({
  status: 'none',
  attempt: 0,
  definiteFailures: 0,
  unknownOutcomes: 0,
  idempotencyKey,
  error: null,
  errorOutcome: null,
});

/** Folds what the log says about the undo of a step; only an unwinding saga undoes. */
export function foldUndo(state: ExecutionState, record: UndoRecord, growth: Growth): ExecutionState {
  const { stepId } = record.data;
  const step = state.steps.get(stepId);
  if (step === undefined || state.unwinding === null)
    throw new IllegalRecord(record.seq, record.type, step === undefined ? `${stepId} never ran` : 'nothing unwinds');
  const event = record.type.slice('compensation.'.length) as UndoEvent;
  const key = record.type === 'compensation.started' ? record.data.idempotencyKey : '';
  const before = step.undo ?? noUndo(key);
  const status = nextUndoStatus(before.status, event);
  if (status === undefined)
    throw new IllegalRecord(record.seq, record.type, `the undo of ${stepId} is ${before.status}`);
  const undo = { ...undoAfter(before, record), status };
  const params = record.type === 'compensation.started' ? paramsOfCall(state, record.data, 'undo') : step.params;
  return { ...state, steps: state.steps.with({ ...step, undo, params }, growth), recordingStepId: null };
}

function undoAfter(before: UndoState, record: UndoRecord): UndoState {
  if (record.type === 'compensation.skipped') return before;
  const next = record.type === 'compensation.started' || record.type === 'compensation.retry_scheduled';
  const expected = next ? before.attempt + 1 : before.attempt;
  const { attempt } = record.data;
  if (attempt !== expected)
    throw new IllegalRecord(record.seq, record.type, `is about attempt ${attempt}, expected ${expected}`);
  if (record.type === 'compensation.started') {
    if (record.data.idempotencyKey !== before.idempotencyKey)
      throw new IllegalRecord(record.seq, record.type, 'has another idempotency key than the first attempt');
    return { ...before, attempt, error: null, errorOutcome: null };
  }
  if (record.type !== 'compensation.failed') return before;
  const unknown = record.data.outcome === 'unknown';
  return {
    ...before,
    error: record.data.error,
    errorOutcome: record.data.outcome,
    definiteFailures: before.definiteFailures + (unknown ? 0 : 1),
    unknownOutcomes: unknown ? before.unknownOutcomes + 1 : 0,
  };
}
