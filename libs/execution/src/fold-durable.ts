import type { JournalEntry, StepError } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import type { JournalPlace, LogRecord } from '@intendant/wal';
import { type DurableState, entryOf, operationKey, placeKey, UNHEARD_MAX } from './durable-state.js';
import type { Growth } from './growth.js';
import { IllegalRecord } from './illegal-record.js';
import { MAIN_STEP, stepKey } from './plan-of.js';
import type { ExecutionState, StepState } from './state.js';
import { isUndelivered } from './undelivered.js';

/** Folds what concerns the journal of a saga as code; nothing for any other execution. */
export function foldDurable(state: ExecutionState, record: LogRecord, growth: Growth): ExecutionState {
  const { durable } = state;
  if (durable === null) {
    if (record.type === 'fact.recorded' || record.type === 'signal.awaited' || record.type === 'child.started')
      throw new IllegalRecord(record.seq, record.type, 'this execution has no journal');
    return state;
  }
  const next = withProgress(state, withDelivery(state, journalAfter(durable, record, growth), record), record);
  const steps = childStep(state, record, growth) ?? registered(state, record, growth) ?? state.steps;
  return next === durable && steps === state.steps ? state : { ...state, durable: next, steps };
}

const PROGRESS: ReadonlySet<string> = new Set([
  'step.succeeded',
  'fact.recorded',
  'operation.observed',
  'child.started',
]);

/** A handler that gets on has its attempts anew: they bound how often it fails at one place, not how long it lives. */
function withProgress(state: ExecutionState, durable: DurableState, record: LogRecord): DurableState {
  const attemptBase = (state.steps.get(MAIN_STEP)?.attempt ?? 1) - 1;
  if (!PROGRESS.has(record.type)) return durable;
  if (durable.attemptBase === attemptBase && durable.undelivered === 0) return durable;
  return { ...durable, attemptBase, undelivered: 0 };
}

/** Attempts for which nobody could be called stay forgiven once somebody was. */
function withDelivery(state: ExecutionState, durable: DurableState, record: LogRecord): DurableState {
  const { attemptBase, undelivered } = durable;
  if (record.type === 'step.failed' && isUndelivered(state, record.data))
    return { ...durable, undelivered: undelivered + 1 };
  const hasAnswered =
    record.type === 'step.suspended' || (record.type === 'step.failed' && record.data.stepId === MAIN_STEP);
  if (!hasAnswered || undelivered === 0) return durable;
  return { ...durable, attemptBase: attemptBase + undelivered, undelivered: 0 };
}

function journalAfter(durable: DurableState, record: LogRecord, growth: Growth): DurableState {
  switch (record.type) {
    case 'step.started': {
      const { op, stepId, attempt } = record.data;
      if (op === undefined) return durable;
      return attempt === 1
        ? begun(durable, 'step', stepId, op, { attempt }, record)
        : changed(durable, 'step', stepId, { status: 'open', attempt, error: null, order: null });
    }
    case 'step.succeeded': {
      const { stepId, value } = record.data;
      return changed(durable, 'step', stepId, {
        status: 'succeeded',
        value: value ?? null,
        error: null,
        order: record.seq,
      });
    }
    case 'step.failed': {
      const { stepId, error, unresolved } = record.data;
      const waiting = { status: 'waiting', error, order: null } as const;
      const told = { status: 'failed', error, order: record.seq } as const;
      return changed(durable, 'step', stepId, unresolved === true ? waiting : told);
    }
    case 'step.resolved':
      return resolved(durable, record);
    case 'step.retry_scheduled':
      return changed(durable, 'step', record.data.stepId, { status: 'waiting', order: null });
    case 'step.suspended':
      return { ...durable, seen: record.data.seen };
    case 'fact.recorded': {
      const { key, kind, op, value } = record.data;
      return begun(durable, kind, key, op, { status: 'succeeded', value, order: record.seq }, record);
    }
    case 'state.changed': {
      const { key, op, value } = record.data;
      return op === undefined ? durable : begun(durable, 'state', key, op, { status: 'succeeded', value }, record);
    }
    case 'operation.observed':
      return changed(durable, record.data.kind, record.data.id, { order: record.seq });
    case 'timer.set': {
      const { timerId, op } = record.data;
      return op === undefined ? durable : begun(durable, 'sleep', timerId.slice('sleep/'.length), op, {}, record);
    }
    case 'timer.fired':
      return afterTimer(durable, record.data.timerId);
    case 'signal.awaited':
      return awaited(durable, record);
    case 'signal.applied':
      return heard(durable, record.data.signalType, record.data.payload as { readonly [key: string]: JsonValue });
    case 'child.started': {
      const { childId, stepId, op, intentType } = record.data;
      const payload = record.data.payload as { readonly [key: string]: JsonValue };
      const after = begun(durable, 'child', stepId, op, { attempt: 1 }, record);
      const child = { operationId: stepId, intentType, payload };
      return { ...after, children: growth.put(after.children, childId, child) };
    }
    case 'child.settled': {
      const { childId, stepId, error, result, status } = record.data;
      const children = growth.without(durable.children, childId);
      const end =
        status === 'completed'
          ? ({ status: 'succeeded', value: result } as const)
          : ({ status: 'failed', error: error ?? childError(status) } as const);
      return { ...changed(durable, 'child', stepId, end), children, version: durable.version + 1 };
    }
    case 'execution.resumed':
      return { ...durable, version: durable.version + 1 };
    default:
      return durable;
  }
}

const childError = (status: string): StepError => ({
  code: `child_${status}`,
  message: `the child execution is ${status}`,
  retryable: false,
  details: null,
});

function begun(
  durable: DurableState,
  kind: JournalEntry['kind'],
  id: string,
  op: JournalPlace,
  more: Partial<JournalEntry>,
  record: LogRecord,
): DurableState {
  if (durable.journal.find(placeKey(op)) !== undefined)
    throw new IllegalRecord(
      record.seq,
      record.type,
      `operation ${op.ordinal} of branch '${op.branch}' was recorded before`,
    );
  const entry: JournalEntry = {
    ...op,
    kind,
    id,
    status: 'open',
    attempt: 0,
    value: null,
    error: null,
    order: null,
    ...more,
  };
  return { ...durable, journal: durable.journal.append(entry) };
}

function changed(
  durable: DurableState,
  kind: JournalEntry['kind'],
  id: string,
  change: Partial<JournalEntry>,
): DurableState {
  const journal = durable.journal.replace(operationKey(kind, id), (entry) => ({ ...entry, ...change }));
  return journal === durable.journal ? durable : { ...durable, journal };
}

/** What a person found out about a step of unknown outcome is news to its handler. */
function resolved(durable: DurableState, record: Extract<LogRecord, { type: 'step.resolved' }>): DurableState {
  const { stepId, outcome, error, value } = record.data;
  if (entryOf(durable, 'step', stepId) === undefined) return durable;
  const after = changed(durable, 'step', stepId, {
    status: outcome,
    value: value ?? null,
    error: outcome === 'failed' ? error : null,
    order: record.seq,
  });
  return { ...after, version: after.version + 1 };
}

/** A sleep that is over, a wait that has timed out (its value is null), a retry that is due. */
function afterTimer(durable: DurableState, timerId: string): DurableState {
  const [purpose, id = ''] = timerId.split('/');
  const woken = { ...durable, version: durable.version + 1 };
  if (purpose === 'sleep') return changed(woken, 'sleep', id, { status: 'succeeded' });
  if (purpose === 'retry')
    return entryOf(durable, 'step', id) === undefined ? durable : changed(woken, 'step', id, { status: 'due' });
  if (purpose !== 'wait') return durable;
  const waits = durable.waits.filter((wait) => wait.waitId !== id);
  return { ...changed(woken, 'signal', id, { status: 'succeeded', value: null }), waits };
}

function awaited(durable: DurableState, record: Extract<LogRecord, { type: 'signal.awaited' }>): DurableState {
  const { waitId, name, approval, prompt, op } = record.data;
  const at = approval ? -1 : durable.unheard.findIndex((one) => one.name === name);
  const early = durable.unheard[at];
  if (early === undefined) {
    const after = begun(durable, 'signal', waitId, op, {}, record);
    return { ...after, waits: [...after.waits, { waitId, name, approval, prompt }] };
  }
  const after = begun(
    durable,
    'signal',
    waitId,
    op,
    { status: 'succeeded', value: early.payload as JournalEntry['value'] },
    record,
  );
  return { ...after, unheard: durable.unheard.toSpliced(at, 1) };
}

function heard(
  durable: DurableState,
  signalType: string,
  payload: { readonly [key: string]: JsonValue },
): DurableState {
  const answers = signalType === 'approve' || signalType === 'deny';
  if (!answers && signalType !== 'application') return durable;
  const wait = answers
    ? durable.waits.find((one) => one.approval && one.waitId === payload['waitId'])
    : durable.waits.find((one) => !one.approval && one.name === payload['name']);
  const value: JsonValue = answers
    ? { approved: signalType === 'approve', note: payload['note'] ?? null }
    : (payload['payload'] ?? null);
  if (wait === undefined) {
    const unheard = [...durable.unheard, { name: payload['name'] as string, payload: value }].slice(-UNHEARD_MAX);
    return { ...durable, unheard };
  }
  const waits = durable.waits.filter((one) => one !== wait);
  const woken = { ...durable, waits, version: durable.version + 1 };
  return changed(woken, 'signal', wait.waitId, { status: 'succeeded', value: value as JournalEntry['value'] });
}

/** A child is an intent, whichever version answers it. */
export const VERSION_OF_CHILD = '0.0.0';

/** A child counts as a step: it is drained like one, and undone like one. */
function childStep(state: ExecutionState, record: LogRecord, growth: Growth): ExecutionState['steps'] | null {
  if (record.type === 'child.started') {
    const { stepId, intentType } = record.data;
    const step: StepState = {
      stepId,
      status: 'started',
      attempt: 1,
      // what its own participant knows it by, when it is of one step: so its undo can name what it undoes
      idempotencyKey: stepKey(record.tenantId, record.data.childId, MAIN_STEP, 'forward'),
      capability: { name: intentType, version: VERSION_OF_CHILD },
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
      inner: true,
    };
    return state.steps.with(step, growth);
  }
  if (record.type !== 'child.settled') return null;
  const { stepId, status, error } = record.data;
  const step = state.steps.get(stepId) as StepState;
  const ended = { ...step, endedSeq: record.seq };
  const completed = status === 'completed';
  const after: StepState = completed
    ? { ...ended, status: 'succeeded' }
    : { ...ended, status: 'failed', error: error ?? childError(status), errorOutcome: 'definite' };
  return state.steps.with(after, growth);
}

function registered(state: ExecutionState, record: LogRecord, growth: Growth): ExecutionState['steps'] | null {
  if (record.type !== 'compensation.registered') return null;
  const { stepId } = record.data;
  const step = state.steps.get(stepId);
  return step === undefined ? null : state.steps.with({ ...step, registered: record.data }, growth);
}
