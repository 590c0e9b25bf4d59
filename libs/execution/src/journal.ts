import type { Intent, JournalCommand, JournalEntry, StepError } from '@intendant/intent-model';
import { digestOf, type JsonValue } from '@intendant/kernel';
import { judgeRetry, retryTimerOf } from '@intendant/saga';
import type { JournalPlace, RecordData, RecordDraft } from '@intendant/wal';
import type { JournalBatch } from './commands.js';
import { entryOf, operationKey, placeKey } from './durable-state.js';
import { finalFailure, serviceOf } from './outcomes.js';
import { MAIN_STEP, stepKey } from './plan-of.js';
import { isOverBound } from './record-bound.js';
import type { ExecutionState, RegisteredCompensation, StepState } from './state.js';

/** Two runs of a handler that differ; names what was recorded and what came. */
export interface DeterminismViolation {
  readonly expected: string;
  readonly actual: string;
}

type Placed = Extract<JournalCommand, { branch: string }>;

const RUNTIME = 'runtime';

type Operation = Pick<JournalEntry, 'kind' | 'id'>;

const KIND_OF = {
  step_start: 'step',
  fact: 'fact',
  state_set: 'state',
  sleep: 'sleep',
  await_signal: 'signal',
  child: 'child',
} as const;

const isPlaced = (command: JournalCommand): command is Placed => 'branch' in command;

const kindOf = (command: Placed): JournalEntry['kind'] => (command.op === 'fact' ? command.kind : KIND_OF[command.op]);

/** Single assignment: one operation per place, and one place per operation. */
export function violationIn(state: ExecutionState, commands: readonly JournalCommand[]): DeterminismViolation | null {
  /** Operations of this very report, under their places and their names. */
  const reported = new Map<string, JournalPlace & Operation>();
  const found = (key: string) => reported.get(key) ?? state.durable?.journal.find(key);
  for (const command of commands) {
    if (!isPlaced(command)) continue;
    const { branch, ordinal, id } = command;
    const operation = { branch, ordinal, kind: kindOf(command), id };
    const [place, actual] = [placeKey(operation), operationKey(operation.kind, id)];
    const expected = found(place);
    if (expected !== undefined && operationKey(expected.kind, expected.id) !== actual)
      return { expected: `${operationKey(expected.kind, expected.id)} at ${place}`, actual };
    // a key of the state may be set again and again
    const elsewhere = command.op === 'state_set' ? undefined : found(actual);
    if (elsewhere !== undefined && placeKey(elsewhere) !== place)
      return { expected: `${actual} at ${placeKey(elsewhere)}`, actual: `${actual} at ${place}` };
    const namesake = expected === undefined ? namesakeOf(operation, found) : undefined;
    if (namesake !== undefined)
      return {
        expected: `${operationKey(namesake.kind, id)} alone to have that name`,
        actual: `${actual} at ${place}`,
      };
    reported.set(place, operation).set(actual, operation);
  }
  return null;
}

/** A step and a child are both steps of the ledger, which has one of a name; histories that have two stay as they are. */
function namesakeOf<Found extends Operation>(
  { kind, id }: Operation,
  found: (key: string) => Found | undefined,
): Found | undefined {
  if (kind !== 'step' && kind !== 'child') return undefined;
  return found(operationKey(kind === 'step' ? 'child' : 'step', id));
}

/** What became of what was begun and what failed, each once; what a handler said itself it is not told again. */
export function reportedEntries(state: ExecutionState, commands: readonly JournalCommand[]): readonly JournalEntry[] {
  const journal = state.durable?.journal;
  const entries = commands.map((command) => {
    if (command.op === 'step_fail') return journal?.find(operationKey('step', command.id));
    return BEGINNINGS.has(command.op) && isPlaced(command) ? journal?.find(placeKey(command)) : undefined;
  });
  return [...new Set(entries)].filter((entry) => entry !== undefined);
}

/** Nothing new begins while a saga is paused or unwinds, or when its history is too long; what has begun may still end. */
const holdsBack = (state: ExecutionState): boolean =>
  state.unwinding !== null || state.pausedBecause !== null || isOverBound(state.lastSeq);

const BEGINNINGS: ReadonlySet<JournalCommand['op']> = new Set(['step_start', 'sleep', 'await_signal', 'child']);

/** Splits off what may not begin now, and everything that comes after it in the same branch. */
export function heldIn(state: ExecutionState, commands: readonly JournalCommand[]): ReadonlySet<JournalCommand> {
  const held = new Set<JournalCommand>();
  if (!holdsBack(state)) return held;
  for (const command of commands) if (BEGINNINGS.has(command.op)) held.add(command);
  return held;
}

/** Records of what a handler reports. What was recorded before is passed over: reports may be repeated. */
export function journalDrafts(state: ExecutionState, batch: JournalBatch, nowMs: number): readonly RecordDraft[] {
  const held = heldIn(state, batch.commands);
  const drafts: RecordDraft[] = [];
  const ended = new Set<string>();
  for (const command of batch.commands) {
    // an id is its operation's own within a kind only: a value of the state may be named like a step
    if (held.has(command) || (command.op.startsWith('step_') && ended.has(command.id))) continue;
    if (command.op === 'step_succeed' || command.op === 'step_fail') {
      if (!isOpen(state, batch, command)) continue;
      ended.add(command.id);
    } else if (command.op === 'observe' ? isObserved(state, command) : isKnown(state, command)) continue;
    const refused = batch.refused?.get(command);
    if (refused === undefined) drafts.push(...draftsOf(state, command, batch.undos?.get(command), nowMs, drafts));
    else {
      drafts.push(...refusedDrafts(state, command, refused, drafts.length));
      if (command.op === 'step_start') ended.add(command.id);
    }
  }
  return drafts;
}

/** The attempt is open in the log, or was begun earlier in the same batch. */
function isOpen(state: ExecutionState, batch: JournalBatch, { id, attempt }: { id: string; attempt: number }): boolean {
  const step = state.steps.get(id);
  if (step?.inner === true && step.status === 'started' && step.attempt === attempt) return true;
  return (
    (step?.attempt ?? 0) === attempt - 1 &&
    batch.commands.some((one) => one.op === 'step_start' && one.id === id && one.attempt === attempt)
  );
}

/** It has not ended yet, or the handler is known to have learnt of it. */
function isObserved(
  { durable }: ExecutionState,
  { kind, id }: { kind: 'sleep' | 'signal' | 'child'; id: string },
): boolean {
  const entry = durable === null ? undefined : entryOf(durable, kind, id);
  return entry === undefined || entry.order !== null || (entry.status !== 'succeeded' && entry.status !== 'failed');
}

function isKnown(state: ExecutionState, command: Placed): boolean {
  const { durable } = state;
  if (durable === null) return true;
  if (command.op === 'step_start') return (state.steps.get(command.id)?.attempt ?? 0) >= command.attempt;
  if (command.op === 'state_set') return durable.journal.find(placeKey(command)) !== undefined;
  return entryOf(durable, kindOf(command), command.id) !== undefined;
}

function draftsOf(
  state: ExecutionState,
  command: JournalCommand,
  undo: RegisteredCompensation | undefined,
  nowMs: number,
  before: readonly RecordDraft[],
): readonly RecordDraft[] {
  const actor = serviceOf(state, MAIN_STEP, 'forward');
  const by = { actor, cause: { seq: state.lastSeq } } as const;
  const inner = { draft: before.length };
  switch (command.op) {
    case 'step_start':
      return [stepStarted(state, command, by), ...undoOf(command.id, undo, actor, inner)];
    case 'step_succeed': {
      const { attempt, id, value } = command;
      const data = { attempt, outputDigest: digestOf(value as JsonValue), stepId: id, value };
      return [{ type: 'step.succeeded', ...by, data }];
    }
    case 'step_fail':
      return stepFailed(state, command, nowMs, by, inner);
    case 'fact': {
      const { id, kind, value } = command;
      return [{ type: 'fact.recorded', ...by, data: { key: id, kind, op: placeOf(command), value } }];
    }
    case 'observe':
      return [{ type: 'operation.observed', ...by, data: { id: command.id, kind: command.kind } }];
    case 'state_set': {
      const { id, value } = command;
      return [{ type: 'state.changed', ...by, data: { key: id, op: placeOf(command), scope: 'execution', value } }];
    }
    case 'sleep': {
      const dueAt = new Date(nowMs + command.durationMs).toISOString();
      const { durationMs, id } = command;
      return [{ type: 'timer.set', ...by, data: { dueAt, durationMs, op: placeOf(command), timerId: `sleep/${id}` } }];
    }
    case 'await_signal':
      return awaitSignal(command, nowMs, by, inner, isHeard(state, command, before));
    case 'child':
      return [childStarted(state, command, by), ...undoOf(command.id, undo, actor, inner)];
  }
}

/** It has begun and failed at once, for good: its place is taken, and the handler learns why. */
function refusedDrafts(
  state: ExecutionState,
  command: JournalCommand,
  error: StepError,
  position: number,
): readonly RecordDraft[] {
  const by = { actor: serviceOf(state, MAIN_STEP, 'forward'), cause: { seq: state.lastSeq } } as const;
  const ended = { actor: RUNTIME, cause: { draft: position } } as const;
  if (command.op === 'child') {
    const data = { childId: childIdOf(state, command.id), error, result: null, status: 'rejected' as const };
    return [
      childStarted(state, command, by),
      { type: 'child.settled', ...ended, data: { ...data, stepId: command.id } },
    ];
  }
  if (command.op !== 'step_start') return [];
  const data = { attempt: command.attempt, error, outcome: 'definite' as const, stepId: command.id };
  return [stepStarted(state, command, by), { type: 'step.failed', ...ended, data }];
}

const placeOf = ({ branch, ordinal }: Placed) => ({ branch, ordinal });

type By = { readonly actor: string; readonly cause: { readonly seq: number } };
type Draft = { readonly draft: number };

function stepStarted(state: ExecutionState, command: Extract<Placed, { op: 'step_start' }>, by: By): RecordDraft {
  const { capability } = state.steps.get(MAIN_STEP) as StepState;
  const { intent } = state;
  const retry = command.retry ?? state.terms?.retry;
  return {
    type: 'step.started',
    ...by,
    data: {
      attempt: command.attempt,
      capability,
      idempotencyKey: stepKey(intent?.tenantId ?? '', state.executionId, command.id, 'forward'),
      inputDigest: intent?.payloadDigest ?? '',
      op: placeOf(command),
      ...(retry === undefined ? {} : { retry }),
      stepId: command.id,
    },
  };
}

function undoOf(
  stepId: string,
  undo: RegisteredCompensation | undefined,
  actor: string,
  cause: Draft,
): readonly RecordDraft[] {
  if (undo === undefined) return [];
  const { capability, input, intent, retry, service, timeoutMs } = undo;
  const data = { capability, input: input ?? null, intent, retry, service, stepId, timeoutMs };
  return [{ type: 'compensation.registered', actor, cause, data: data as RecordData<'compensation.registered'> }];
}

function stepFailed(
  state: ExecutionState,
  command: Extract<JournalCommand, { op: 'step_fail' }>,
  nowMs: number,
  by: By,
  cause: Draft,
): readonly RecordDraft[] {
  const { id: stepId, attempt, error, outcome } = command;
  const failed: RecordDraft = { type: 'step.failed', ...by, data: { attempt, error, outcome, stepId } };
  const unresolved = outcome === 'unknown' ? { unresolved: true } : {};
  const last: RecordDraft = { ...failed, data: { ...failed.data, ...unresolved } };
  const retry = state.steps.get(stepId)?.retry ?? state.terms?.retry;
  // a handler that drains begins no other attempt
  if (retry === undefined || state.unwinding !== null) return [last];
  const verdict = judgeRetry(retry, attempt, error, `${state.terms?.jitterSeed}/${stepId}`);
  if (!verdict.permitted)
    return [{ ...last, data: { ...finalFailure({ attempt, error, outcome, stepId }, verdict.reason), ...unresolved } }];
  const timerId = retryTimerOf(stepId, attempt + 1);
  const { waitMs, reason: permit } = verdict;
  const runtime = { actor: 'runtime', cause };
  return [
    failed,
    { type: 'step.retry_scheduled', ...runtime, data: { attempt: attempt + 1, permit, stepId, timerId, waitMs } },
    { type: 'timer.set', ...runtime, data: { dueAt: new Date(nowMs + waitMs).toISOString(), timerId } },
  ];
}

/** A signal for it came early, and none of the waits before it in the same report takes it. */
function isHeard(
  { durable }: ExecutionState,
  { approval, name }: Extract<Placed, { op: 'await_signal' }>,
  before: readonly RecordDraft[],
): boolean {
  const early = approval ? 0 : (durable?.unheard.filter((one) => one.name === name).length ?? 0);
  if (early === 0) return false;
  const taken = before.filter(
    ({ type, data }) => type === 'signal.awaited' && !data.approval && data.name === name,
  ).length;
  return early > taken;
}

function awaitSignal(
  command: Extract<Placed, { op: 'await_signal' }>,
  nowMs: number,
  by: By,
  cause: Draft,
  isHeardAlready: boolean,
): readonly RecordDraft[] {
  const { id: waitId, name, approval, prompt, timeoutMs } = command;
  const dueAt = timeoutMs === null ? null : new Date(nowMs + timeoutMs).toISOString();
  const awaited: RecordDraft = {
    type: 'signal.awaited',
    ...by,
    data: { approval, dueAt, name, op: placeOf(command), prompt, ...(timeoutMs === null ? {} : { timeoutMs }), waitId },
  };
  if (dueAt === null || isHeardAlready) return [awaited];
  return [awaited, { type: 'timer.set', actor: 'runtime', cause, data: { dueAt, timerId: `wait/${waitId}` } }];
}

/** The child's id is the same in every run, and in the partition of its parent. */
export const childIdOf = (state: ExecutionState, operationId: string): string =>
  `exe_${digestOf([state.executionId, 'child', operationId]).slice(0, 28)}${state.executionId.slice(-4)}`;

function childStarted(state: ExecutionState, command: Extract<Placed, { op: 'child' }>, by: By): RecordDraft {
  const payload = command.payload as Intent['payload'];
  return {
    type: 'child.started',
    ...by,
    data: {
      childId: childIdOf(state, command.id),
      intentType: command.intentType,
      op: placeOf(command),
      payload: payload as Record<string, never>,
      payloadDigest: digestOf(payload),
      stepId: command.id,
    },
  };
}
