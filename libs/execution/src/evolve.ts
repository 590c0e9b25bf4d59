import type { Intent, StateChange } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import { planStepOf } from '@intendant/saga';
import type { LogRecord } from '@intendant/wal';
import { isStartApproval } from './approval.js';
import { noJournal } from './durable-state.js';
import { foldDurable } from './fold-durable.js';
import { foldStep, foldUndo } from './fold-steps.js';
import { COPYING, type Growth, growingInPlace } from './growth.js';
import { IllegalRecord } from './illegal-record.js';
import { planOf } from './plan-of.js';
import { type ExecutionState, type ExecutionStatus, isSettled, isTerminal, type StepState } from './state.js';

/** Records of the acceptance: each comes once, before the execution starts; all others come after it. */
const BEFORE_THE_START = new Set([
  'intent.received',
  'policy.decided',
  'capability.resolved',
  'intent.accepted',
  'execution.started',
]);

/** Records that may follow the end of an execution: they report, they change nothing. */
const AFTER_THE_END = new Set(['call.superseded', 'alert.raised']);

/** With which a person takes up a stuck execution. */
const TAKING_UP = new Set([
  'signal.decided',
  'signal.applied',
  'timer.cancelled',
  'execution.resumed',
  'execution.cancelled',
]);

/** Folds one record into the state. Total over legal logs; throws {@link IllegalRecord} at the first illegal one. */
export const evolve = (state: ExecutionState, record: LogRecord): ExecutionState => evolveBy(state, record, COPYING);

/** Folds records into the state, one after the other as {@link evolve} does, in a time that grows with their number. */
export function evolveAll(state: ExecutionState, records: Iterable<LogRecord>): ExecutionState {
  const growth = growingInPlace();
  let after = state;
  for (const record of records) after = evolveBy(after, record, growth);
  return after;
}

function evolveBy(state: ExecutionState, record: LogRecord, growth: Growth): ExecutionState {
  if (record.seq !== state.lastSeq + 1)
    throw new IllegalRecord(record.seq, record.type, `expected seq ${state.lastSeq + 1}`);
  if (isSettled(state.status) && !mayFollowTheEnd(state, record))
    throw new IllegalRecord(record.seq, record.type, `the execution is already ${state.status}`);
  const started = state.status !== 'none';
  if (BEFORE_THE_START.has(record.type) === started)
    throw new IllegalRecord(record.seq, record.type, `the execution has ${started ? 'already' : 'not yet'} started`);
  const folded = fold(state, record, growth);
  const status = statusAfter(folded);
  // what was folded is new and nobody else's yet; copying it again would double the cost of a record
  return folded === state
    ? { ...state, status, lastSeq: record.seq }
    : Object.assign(folded, { status, lastSeq: record.seq });
}

function mayFollowTheEnd(state: ExecutionState, record: LogRecord): boolean {
  if (AFTER_THE_END.has(record.type)) return true;
  if (record.type === 'signal.decided' || record.type === 'signal.applied')
    return !isTerminal(state.status) || isEscalation(record);
  return !isTerminal(state.status) && TAKING_UP.has(record.type);
}

const isEscalation = (record: Extract<LogRecord, { type: 'signal.decided' | 'signal.applied' }>): boolean =>
  record.data.signalType === 'escalate_alert';

/** While it moves by itself, what it does says what it is. */
function statusAfter(state: ExecutionState): ExecutionStatus {
  if (state.status === 'none' || isSettled(state.status)) return state.status;
  if (state.unwinding !== null) return 'compensating';
  if (state.pausedBecause !== null) return 'paused';
  if (state.approval === 'awaited') return 'waiting';
  return state.steps.isOneWaiting && !state.steps.isOneStarted ? 'waiting' : 'running';
}

function fold(state: ExecutionState, record: LogRecord, growth: Growth): ExecutionState {
  switch (record.type) {
    case 'intent.received':
    case 'policy.decided':
    case 'capability.resolved':
    case 'intent.accepted':
    case 'execution.started':
      return foldAcceptance(state, record);
    case 'step.started':
      if (state.approval === 'awaited') throw new IllegalRecord(record.seq, record.type, 'nobody has approved it yet');
      return foldDurable(foldStep(state, record, growth), record, growth);
    case 'step.succeeded':
    case 'step.failed':
    case 'step.retry_scheduled':
    case 'step.skipped':
    case 'step.resolved':
    case 'step.suspended':
    case 'step.resumed':
      return foldDurable(foldStep(state, record, growth), record, growth);
    case 'compensation.started':
    case 'compensation.succeeded':
    case 'compensation.failed':
    case 'compensation.retry_scheduled':
    case 'compensation.skipped':
      return foldUndo(state, record, growth);
    case 'step.expanded':
      return expand(state, record.data.stepId, record.data.count, record);
    case 'timer.set':
      return foldDurable(withTimer(state, record.data, growth), record, growth);
    case 'timer.fired':
    case 'timer.cancelled':
      return foldDurable(withoutTimer(state, record, growth), record, growth);
    case 'artifact.recorded':
    case 'event.emitted':
    case 'state.changed':
      return foldDurable(foldOutput(state, record, growth), record, growth);
    case 'data.registered':
    case 'call.superseded':
    case 'alert.raised':
      return state;
    case 'compensation.registered':
    case 'fact.recorded':
    case 'signal.awaited':
    case 'operation.observed':
    case 'child.started':
    case 'child.settled':
      return foldDurable(state, record, growth);
    case 'signal.decided':
    case 'signal.applied':
      return foldSignal(state, record, growth);
    default:
      return foldPhase(state, record, growth);
  }
}

type Acceptance = Extract<
  LogRecord,
  { type: 'intent.received' | 'policy.decided' | 'capability.resolved' | 'intent.accepted' | 'execution.started' }
>;

function foldAcceptance(state: ExecutionState, record: Acceptance): ExecutionState {
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
      return {
        ...state,
        terms: record.data,
        acceptedAt: record.occurredAt,
        durable: record.data.durable === true ? noJournal : null,
      };
    case 'execution.started':
      requireAllowed(state, record);
      return {
        ...state,
        status: 'running',
        approval: state.decision?.effect === 'require_approval' ? 'awaited' : null,
      };
  }
}

function requireFirst(isFirst: boolean, record: LogRecord): void {
  if (!isFirst) throw new IllegalRecord(record.seq, record.type, 'was recorded before');
}

/** Nothing starts without an accepted intent and a decision that allows it. */
function requireAllowed(state: ExecutionState, record: LogRecord): void {
  if (state.intent === null) throw new IllegalRecord(record.seq, record.type, 'no intent was received');
  if (state.decision === null || state.decision.effect === 'deny')
    throw new IllegalRecord(record.seq, record.type, 'no decision allows it');
  if (state.capabilities.length === 0) throw new IllegalRecord(record.seq, record.type, 'no capability was resolved');
  if (state.terms === null) throw new IllegalRecord(record.seq, record.type, 'the intent was not accepted');
}

function expand(state: ExecutionState, stepId: string, count: number, record: LogRecord): ExecutionState {
  if (Object.hasOwn(state.expansions, stepId))
    throw new IllegalRecord(record.seq, record.type, `${stepId} met its list before`);
  const expandedWith = { ...state.expandedWith, [stepId]: state.params };
  return { ...state, expansions: { ...state.expansions, [stepId]: count }, expandedWith };
}

type TimerRecord<T extends LogRecord['type']> = Extract<LogRecord, { type: T }>;

const withTimer = (
  state: ExecutionState,
  { timerId, dueAt }: TimerRecord<'timer.set'>['data'],
  growth: Growth,
): ExecutionState => ({ ...state, timers: growth.put(state.timers, timerId, dueAt) });

function withoutTimer(
  state: ExecutionState,
  record: TimerRecord<'timer.fired' | 'timer.cancelled'>,
  growth: Growth,
): ExecutionState {
  const { timerId } = record.data;
  if (!Object.hasOwn(state.timers, timerId))
    throw new IllegalRecord(record.seq, record.type, `timer ${timerId} is not set`);
  return { ...state, timers: growth.without(state.timers, timerId) };
}

type Output = Extract<LogRecord, { type: 'artifact.recorded' | 'event.emitted' | 'state.changed' }>;

/** Output belongs to the execution, and to the step that was recorded before it. */
function foldOutput(state: ExecutionState, record: Output, growth: Growth): ExecutionState {
  const stepId = state.recordingStepId;
  const step = stepId === null ? undefined : state.steps.get(stepId);
  const result = step?.result ?? null;
  const recorded = (next: StepState['result']) =>
    step === undefined || next === null ? state.steps : state.steps.with({ ...step, result: next }, growth);
  switch (record.type) {
    case 'artifact.recorded': {
      const next = result && { ...result, artifacts: growth.append(result.artifacts, record.data.artifact) };
      return { ...state, artifacts: growth.append(state.artifacts, record.data), steps: recorded(next) };
    }
    case 'event.emitted': {
      const { data, eventType } = record.data;
      const next = result && { ...result, events: growth.append(result.events, { data, eventType }) };
      return { ...state, events: growth.append(state.events, record.data), steps: recorded(next) };
    }
    case 'state.changed': {
      const { op: _op, ...change } = record.data;
      const kept = change as StateChange;
      const next = result && { ...result, stateChanges: growth.append(result.stateChanges, kept) };
      return { ...state, stateChanges: growth.append(state.stateChanges, kept), steps: recorded(next) };
    }
  }
}

function foldSignal(
  state: ExecutionState,
  record: Extract<LogRecord, { type: 'signal.decided' | 'signal.applied' }>,
  growth: Growth,
): ExecutionState {
  const { signalId, signalType } = record.data;
  if (record.type === 'signal.decided') {
    if (Object.hasOwn(state.signals, signalId))
      throw new IllegalRecord(record.seq, record.type, `signal ${signalId} was decided before`);
    const { payloadDigest } = record.data;
    return { ...state, signals: growth.put(state.signals, signalId, { signalType, payloadDigest }) };
  }
  if (!Object.hasOwn(state.signals, signalId))
    throw new IllegalRecord(record.seq, record.type, `signal ${signalId} was not decided`);
  const payload = record.data.payload as { readonly [key: string]: JsonValue };
  if (state.approval === 'awaited' && isStartApproval(payload['waitId']))
    return signalType === 'approve' ? approved(state, record) : state;
  if (signalType === 'update_params') {
    const params = payload['params'] as { readonly [key: string]: JsonValue };
    const changedBy = state.approval === 'awaited' ? [...state.changedBy, record.actor] : state.changedBy;
    return { ...state, changedBy, params: { ...state.params, ...params } };
  }
  if (signalType === 'inject_override') {
    const override = payload['override'] as { readonly [key: string]: JsonValue };
    return { ...state, overrides: { ...state.overrides, [payload['stepId'] as string]: override } };
  }
  return foldDurable(state, record, growth);
}

/** Nobody approves what they submitted: a log that says so is not one that the Runtime wrote. */
function approved(state: ExecutionState, record: LogRecord): ExecutionState {
  if (record.actor === `user:${state.intent?.userId}`)
    throw new IllegalRecord(record.seq, record.type, 'it was approved by who submitted it');
  return { ...state, approval: 'given' };
}

function foldPhase(state: ExecutionState, record: LogRecord, growth: Growth): ExecutionState {
  const settled = { settledAt: record.occurredAt };
  switch (record.type) {
    case 'execution.paused':
      return { ...state, pausedBecause: record.data.reason };
    case 'execution.resumed': {
      if (record.data.from === 'compensating' && state.unwinding === null)
        throw new IllegalRecord(record.seq, record.type, 'nothing unwinds');
      const going = foldDurable({ ...state, pausedBecause: null }, record, growth);
      if (record.data.from === 'paused') return going;
      if (record.data.from === 'compensating') return { ...going, unwinding: null, error: null };
      return { ...going, status: 'running', stuckReason: null, settledAt: null };
    }
    case 'execution.compensating': {
      const { target, error, stepId } = record.data;
      if (state.unwinding !== null) throw new IllegalRecord(record.seq, record.type, 'it unwinds already');
      return { ...state, unwinding: { target, error, stepId }, error, pausedBecause: null };
    }
    case 'execution.completed':
      requireEveryStep(state, record);
      return { ...state, ...settled, status: 'completed' };
    case 'execution.failed':
      return { ...state, ...settled, status: 'failed', error: record.data.error };
    case 'execution.compensated':
      return { ...state, ...settled, status: 'compensated', error: record.data.error };
    case 'execution.cancelled':
      return { ...state, ...settled, status: 'cancelled' };
    case 'execution.stuck':
      return { ...state, ...settled, status: 'stuck', stuckReason: record.data.reason };
    default:
      throw new IllegalRecord(record.seq, record.type, 'does not belong to an execution');
  }
}

function requireEveryStep(state: ExecutionState, record: LogRecord): void {
  const plan = planOf(state);
  for (const step of state.steps)
    if (planStepOf(plan, step.stepId) !== undefined && step.status !== 'succeeded' && step.status !== 'skipped')
      throw new IllegalRecord(record.seq, record.type, `step ${step.stepId} is ${step.status}`);
  const missing = plan.steps.find(({ stepId }) => !state.steps.has(stepId) && !(stepId in state.expansions));
  if (missing !== undefined) throw new IllegalRecord(record.seq, record.type, `no step ${missing.stepId} has run`);
}
