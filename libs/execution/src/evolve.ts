import type { Intent } from '@intendant/intent-model';
import { nextStepStatus, type StepEvent } from '@intendant/saga';
import type { LogRecord } from '@intendant/wal';
import { type ExecutionState, isSettled, type StepState } from './state.js';

/** A record that cannot follow what came before it. */
export class IllegalRecord extends Error {
  constructor(
    readonly seq: number,
    readonly type: string,
    finding: string,
  ) {
    super(`record ${seq} (${type}): ${finding}`);
    this.name = 'IllegalRecord';
  }
}

/** Records of the acceptance: each comes once, before the execution starts; all others come after it. */
const BEFORE_THE_START = new Set([
  'intent.received',
  'policy.decided',
  'capability.resolved',
  'intent.accepted',
  'execution.started',
]);

/** Records that may follow the end of an execution: they report, they change nothing. */
const AFTER_THE_END = new Set(['call.superseded']);

/** Folds one record into the state. Total over legal logs; throws {@link IllegalRecord} at the first illegal one. */
export function evolve(state: ExecutionState, record: LogRecord): ExecutionState {
  if (record.seq !== state.lastSeq + 1)
    throw new IllegalRecord(record.seq, record.type, `expected seq ${state.lastSeq + 1}`);
  if (isSettled(state.status) && !AFTER_THE_END.has(record.type))
    throw new IllegalRecord(record.seq, record.type, `the execution is already ${state.status}`);
  const started = state.status !== 'none';
  if (BEFORE_THE_START.has(record.type) === started)
    throw new IllegalRecord(record.seq, record.type, `the execution has ${started ? 'already' : 'not yet'} started`);
  return { ...fold(state, record), lastSeq: record.seq };
}

function fold(state: ExecutionState, record: LogRecord): ExecutionState {
  switch (record.type) {
    case 'intent.received': {
      requireFirst(state.intent === null, record);
      const { correlationId, executionId, intentId, sessionId, tenantId } = record;
      return {
        ...state,
        attribution: { correlationId, executionId, intentId, sessionId, tenantId },
        intent: record.data.intent as Intent,
        fingerprint: record.data.fingerprint,
        keyDigest: record.data.keyDigest,
      };
    }
    case 'policy.decided':
      requireFirst(state.decision === null, record);
      return { ...state, decision: record.data.decision };
    case 'capability.resolved':
      requireFirst(state.capabilities.length === 0, record);
      return { ...state, capabilities: record.data.capabilities };
    case 'intent.accepted':
      requireFirst(state.terms === null, record);
      return { ...state, terms: record.data, acceptedAt: record.occurredAt };
    case 'execution.started':
      requireAllowed(state, record);
      return { ...state, status: 'running' };
    case 'step.started':
    case 'step.succeeded':
    case 'step.failed':
    case 'step.retry_scheduled':
      return foldStep(state, record);
    case 'timer.set':
      return { ...state, status: 'waiting', timers: { ...state.timers, [record.data.timerId]: record.data.dueAt } };
    case 'timer.fired': {
      if (!Object.hasOwn(state.timers, record.data.timerId))
        throw new IllegalRecord(record.seq, record.type, `timer ${record.data.timerId} is not set`);
      const { [record.data.timerId]: _fired, ...timers } = state.timers;
      return { ...state, status: 'running', timers };
    }
    case 'artifact.recorded':
      return { ...state, artifacts: [...state.artifacts, record.data] };
    case 'event.emitted':
      return { ...state, events: [...state.events, record.data] };
    case 'state.changed':
      return { ...state, stateChanges: [...state.stateChanges, record.data] };
    case 'data.registered':
    case 'call.superseded':
      return state;
    case 'execution.completed':
      requireEveryStep(state, record);
      return { ...state, status: 'completed', settledAt: record.occurredAt };
    case 'execution.failed':
      return { ...state, status: 'failed', error: record.data.error, settledAt: record.occurredAt };
    case 'execution.stuck':
      return { ...state, status: 'stuck', stuckReason: record.data.reason, settledAt: record.occurredAt };
    default:
      throw new IllegalRecord(record.seq, record.type, 'does not belong to an execution');
  }
}

function requireFirst(isFirst: boolean, record: LogRecord): void {
  if (!isFirst) throw new IllegalRecord(record.seq, record.type, 'was recorded before');
}

/** Nothing starts without an accepted intent and a decision that allows it. */
function requireAllowed(state: ExecutionState, record: LogRecord): void {
  if (state.intent === null) throw new IllegalRecord(record.seq, record.type, 'no intent was received');
  if (state.decision?.effect !== 'allow') throw new IllegalRecord(record.seq, record.type, 'no decision allows it');
  if (state.capabilities.length === 0) throw new IllegalRecord(record.seq, record.type, 'no capability was resolved');
  if (state.terms === null) throw new IllegalRecord(record.seq, record.type, 'the intent was not accepted');
}

function requireEveryStep(state: ExecutionState, record: LogRecord): void {
  const steps = Object.values(state.steps);
  if (steps.length === 0) throw new IllegalRecord(record.seq, record.type, 'no step has run');
  for (const step of steps)
    if (step.status !== 'succeeded')
      throw new IllegalRecord(record.seq, record.type, `step ${step.stepId} is ${step.status}`);
}

type StepRecord = Extract<
  LogRecord,
  { type: 'step.started' | 'step.succeeded' | 'step.failed' | 'step.retry_scheduled' }
>;

function foldStep(state: ExecutionState, record: StepRecord): ExecutionState {
  const { stepId } = record.data;
  const before = Object.hasOwn(state.steps, stepId) ? state.steps[stepId] : undefined;
  const event = record.type.slice('step.'.length) as StepEvent;
  const status = nextStepStatus(before?.status ?? 'never_started', event);
  if (status === undefined)
    throw new IllegalRecord(record.seq, record.type, `step ${stepId} is ${before?.status ?? 'never_started'}`);
  requireAttempt(before, record);
  const step: StepState = { ...stepBefore(before, record), status };
  return { ...state, steps: { ...state.steps, [stepId]: step } };
}

/** A start and a planned retry name the next attempt, an outcome the current one; the key is the same in all of them. */
function requireAttempt(before: StepState | undefined, record: StepRecord): void {
  const current = before?.attempt ?? 0;
  const outcome = record.type === 'step.succeeded' || record.type === 'step.failed';
  const expected = outcome ? current : current + 1;
  if (record.data.attempt !== expected)
    throw new IllegalRecord(record.seq, record.type, `is about attempt ${record.data.attempt}, expected ${expected}`);
  if (record.type === 'step.started' && before !== undefined && record.data.idempotencyKey !== before.idempotencyKey)
    throw new IllegalRecord(record.seq, record.type, 'has another idempotency key than the first attempt');
}

function stepBefore(before: StepState | undefined, record: StepRecord): StepState {
  if (record.type === 'step.started') {
    const { stepId, attempt, idempotencyKey, capability } = record.data;
    const counts = { definiteFailures: before?.definiteFailures ?? 0, unknownOutcomes: before?.unknownOutcomes ?? 0 };
    const end = { error: null, errorOutcome: null, outputDigest: null };
    return { stepId, status: 'started', attempt, idempotencyKey, capability, ...counts, ...end };
  }
  const step = before as StepState;
  if (record.type === 'step.succeeded') return { ...step, outputDigest: record.data.outputDigest };
  if (record.type === 'step.retry_scheduled') return step;
  const unknown = record.data.outcome === 'unknown';
  return {
    ...step,
    error: record.data.error,
    errorOutcome: record.data.outcome,
    definiteFailures: step.definiteFailures + (unknown ? 0 : 1),
    unknownOutcomes: unknown ? step.unknownOutcomes + 1 : 0,
  };
}
