import type { RecordDraft } from '@intendant/wal';
import type { At } from './at.js';
import type { DurableState } from './durable-state.js';
import { MAIN_STEP } from './plan-of.js';
import { journalFault, recordsFault } from './record-bound.js';
import type { ExecutionState, StepState } from './state.js';
import { hasHandlerEnded, stuckInside, unknownInside } from './unknown-inside.js';

const RUNTIME = 'runtime';

/**
 * What a saga as code needs beyond its plan: its handler is called again when something happened that it has not seen,
 * ends when the saga turned round and nothing of it is open, and leaves nothing behind that nobody answers for.
 */
export function advanceDurable(state: ExecutionState, at: At): readonly RecordDraft[] {
  const { durable } = state;
  const main = state.steps.get(MAIN_STEP);
  if (durable === null || main === undefined) return [];
  const by = { actor: RUNTIME, cause: { seq: at.causeSeq } } as const;
  const isPaused = state.unwinding === null && state.pausedBecause !== null;
  if (main.status === 'suspended') {
    if (isPaused) return [];
    const ends =
      state.unwinding !== null && openSteps(state).length === 0 && Object.keys(durable.children).length === 0;
    if (ends) return [ended(main, by)];
    const { attempt, stepId } = main;
    const isCalled = durable.version > durable.seen;
    const reason = state.unwinding === null ? boundOf(state, durable, isCalled) : null;
    if (reason !== null) return [{ type: 'execution.stuck', ...by, data: { reason, stepId } }];
    if (isCalled) return [{ type: 'step.resumed', ...by, data: { attempt, stepId } }];
    return state.unwinding === null && !hasRetryAhead(state) ? standstill(state, at) : [];
  }
  if (!hasHandlerEnded(state)) return [];
  const abandoned = openSteps(state).map((step) => leftOpen(step, by));
  return abandoned.length > 0 || isPaused ? abandoned : standstill(state, at);
}

/** A handler that has suspended begins nothing beyond Conductor's bounds; what it waits for would only make them longer. */
const boundOf = ({ lastSeq }: ExecutionState, { journal }: DurableState, isCalled: boolean): string | null =>
  recordsFault(lastSeq) ?? (isCalled ? journalFault(journal) : null);

const standstill = (state: ExecutionState, at: At): readonly RecordDraft[] => {
  const unknown = unknownInside(state);
  return unknown.length === 0 ? [] : [stuckInside(unknown, at)];
};

/** What a retry brings is waited for, so that a person sees everything that is unknown at once. */
const hasRetryAhead = (state: ExecutionState): boolean =>
  state.steps.openInside().some((step) => step.status === 'awaiting_retry');

type By = { readonly actor: string; readonly cause: { readonly seq: number } };

/** Steps of the handler that have begun and may still have an effect. */
export const openSteps = (state: ExecutionState): readonly StepState[] => {
  const children = new Set(Object.values(state.durable?.children ?? {}).map((child) => child.operationId));
  return state.steps.openInside().filter((step) => !children.has(step.stepId) && step.status === 'started');
};

function ended(main: StepState, by: By): RecordDraft {
  const error = { code: 'cancelled', message: 'the saga turned round', retryable: false, details: null };
  return {
    type: 'step.failed',
    ...by,
    data: { attempt: main.attempt, error, outcome: 'definite', stepId: main.stepId },
  };
}

/** Its handler ended without saying what became of it. */
function leftOpen(step: StepState, by: By): RecordDraft {
  const error = { code: 'handler_ended', message: 'the handler ended amid the step', retryable: true, details: null };
  return {
    type: 'step.failed',
    ...by,
    data: { attempt: step.attempt, error, outcome: 'unknown', stepId: step.stepId, unresolved: true },
  };
}
