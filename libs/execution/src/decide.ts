import type { Attribution, LogRecord, RecordDraft } from '@intendant/wal';
import { accept } from './accept.js';
import { advance } from './advance.js';
import { openSteps } from './advance-durable.js';
import { childSettled, childStuck } from './children.js';
import type { ExecutionCommand, StepFailedCommand, StepSuspendedCommand } from './commands.js';
import { evolveAll } from './evolve.js';
import { type DeterminismViolation, journalDrafts, violationIn } from './journal.js';
import { fail, succeed } from './outcomes.js';
import { warningOf } from './record-bound.js';
import { applySignal } from './signals.js';
import { type ExecutionState, isSettled } from './state.js';

const RUNTIME = 'runtime';

/**
 * What to record when `command` meets `state`; nothing when the command comes too late to count (a second outcome of
 * an attempt, a timer that has fired): the first durable outcome wins. What follows from it at once, such as the next
 * steps, is in the same list, so that it is one atomic entry.
 */
export function decide(state: ExecutionState, command: ExecutionCommand): readonly RecordDraft[] {
  const drafts = react(state, command);
  if (drafts.length === 0 || command.kind === 'call_superseded') return drafts;
  const attribution = command.kind === 'accept' ? command.attribution : (state.attribution as Attribution);
  const nowMs = command.kind === 'accept' ? Date.parse(command.intent.createdAt) : command.nowMs;
  // an acceptance is caused link by link; what follows an outcome is caused by the outcome
  const causeSeq = state.lastSeq + (command.kind === 'accept' ? drafts.length : 1);
  return withWarning(state, withFollowUps(state, drafts, attribution, { nowMs, causeSeq }), causeSeq);
}

function react(state: ExecutionState, command: ExecutionCommand): readonly RecordDraft[] {
  switch (command.kind) {
    case 'accept':
      return state.status === 'none' ? accept(command) : [];
    case 'step_succeeded':
      return isCurrent(state, command) ? afterJournal(state, command, succeed) : [];
    case 'step_failed':
      return isCurrent(state, command) ? afterJournal(state, command, fail) : [];
    case 'journal':
      return isCurrent(state, command) ? journalDrafts(state, command.journal, command.nowMs) : [];
    case 'step_suspended':
      return isCurrent(state, command) ? suspend(state, command) : [];
    case 'child_settled':
      return childSettled(state, command);
    case 'child_stuck':
      return childStuck(state, command);
    case 'timer_fired':
      return fire(state, command.timerId);
    case 'signal':
      return applySignal(state, command);
    case 'call_superseded': {
      const { stepId, callToken, outcome } = command;
      return [{ type: 'call.superseded', actor: RUNTIME, cause: null, data: { callToken, outcome, stepId } }];
    }
  }
}

/** Folds what was decided and asks what is due then, until nothing is. */
function withFollowUps(
  state: ExecutionState,
  first: readonly RecordDraft[],
  attribution: Attribution,
  at: { readonly nowMs: number; readonly causeSeq: number },
): readonly RecordDraft[] {
  const all = [...first];
  let after = foldDrafts(state, first, attribution);
  for (;;) {
    const next = advance(after, at);
    if (next.length === 0) return all;
    all.push(...next);
    after = foldDrafts(after, next, attribution);
  }
}

const foldDrafts = (state: ExecutionState, drafts: readonly RecordDraft[], attribution: Attribution): ExecutionState =>
  evolveAll(
    state,
    drafts.map((draft, index) => provisional(draft, state.lastSeq + 1 + index, attribution)),
  );

type WithJournal = Pick<StepFailedCommand, 'stepId' | 'direction' | 'attempt' | 'nowMs' | 'journal'>;

/** What the handler did since its last report comes before its outcome, in the same entry. */
function afterJournal<C extends WithJournal>(
  state: ExecutionState,
  command: C,
  outcome: (state: ExecutionState, command: C) => readonly RecordDraft[],
): readonly RecordDraft[] {
  if (command.journal === undefined || command.journal.commands.length === 0) return outcome(state, command);
  const violation = violationIn(state, command.journal.commands);
  if (violation !== null) return fail(state, divergedAt(command, violation));
  const reported = journalDrafts(state, command.journal, command.nowMs);
  const after = foldDrafts(state, reported, state.attribution as Attribution);
  return [...reported, ...outcome(after, command).map((draft) => shifted(draft, reported.length))];
}

function divergedAt(
  { stepId, direction, attempt, nowMs }: WithJournal,
  { expected, actual }: DeterminismViolation,
): StepFailedCommand {
  const message = `expected ${expected}, got ${actual}`;
  const error = { code: 'determinism_violation', message, retryable: false, details: { actual, expected } };
  return { kind: 'step_failed', stepId, direction, attempt, nowMs, error, outcome: 'definite' };
}

const shifted = (draft: RecordDraft, by: number): RecordDraft =>
  draft.cause !== null && 'draft' in draft.cause ? { ...draft, cause: { draft: draft.cause.draft + by } } : draft;

const suspend = (state: ExecutionState, command: StepSuspendedCommand): readonly RecordDraft[] =>
  afterJournal(state, command, (after) => {
    const [open] = openSteps(after);
    if (open !== undefined) return fail(after, leftAmid(command, open.stepId));
    const data = { attempt: command.attempt, seen: command.seen, stepId: command.stepId };
    return [{ type: 'step.suspended', actor: RUNTIME, cause: { seq: after.lastSeq }, data }];
  });

/** A handler that waits has no step at work: one that was cut off amid a step is called again, as often as it may fail. */
function leftAmid({ stepId, attempt, direction, nowMs }: StepSuspendedCommand, openStepId: string): StepFailedCommand {
  const message = `the handler was cut off amid ${openStepId}`;
  const error = { code: 'step_timeout', message, retryable: true, details: null };
  return { kind: 'step_failed', stepId, attempt, direction, nowMs, error, outcome: 'unknown' };
}

/** Tells once, in the entry that crosses the mark, that the history has become long. */
function withWarning(state: ExecutionState, drafts: readonly RecordDraft[], causeSeq: number): readonly RecordDraft[] {
  const note = warningOf(state.lastSeq, state.lastSeq + drafts.length);
  if (note === null) return drafts;
  return [
    ...drafts,
    { type: 'alert.raised', actor: RUNTIME, cause: { seq: causeSeq }, data: { level: 'WARNING', note } },
  ];
}

/** A draft as the record it will be, but for its time, on which nothing depends. Of the very shape that records have. */
const provisional = (draft: RecordDraft, seq: number, attribution: Attribution): LogRecord =>
  ({
    seq,
    type: draft.type,
    v: 1,
    tenantId: attribution.tenantId,
    sessionId: attribution.sessionId,
    executionId: attribution.executionId,
    intentId: attribution.intentId,
    correlationId: attribution.correlationId,
    causationSeq: null,
    actor: draft.actor,
    occurredAt: '',
    data: draft.data,
  }) as LogRecord;

function isCurrent(
  state: ExecutionState,
  { stepId, direction, attempt }: { stepId: string; direction: 'forward' | 'undo'; attempt: number },
): boolean {
  if (isSettled(state.status)) return false;
  const found = state.steps.get(stepId);
  const step = direction === 'undo' ? found?.undo : found;
  return step?.status === 'started' && step.attempt === attempt;
}

function fire(state: ExecutionState, timerId: string): readonly RecordDraft[] {
  if (isSettled(state.status) || !Object.hasOwn(state.timers, timerId)) return [];
  return [{ type: 'timer.fired', actor: RUNTIME, cause: { seq: state.lastSeq }, data: { timerId } }];
}
