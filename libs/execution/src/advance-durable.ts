import type { RecordDraft } from '@intendant/wal';
import type { At } from './at.js';
import { MAIN_STEP } from './plan-of.js';
import type { ExecutionState, StepState } from './state.js';

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
  if (main.status === 'suspended') {
    const news = durable.version > durable.seen;
    if (state.unwinding === null && state.pausedBecause !== null) return [];
    const ends =
      state.unwinding !== null && openSteps(state).length === 0 && Object.keys(durable.children).length === 0;
    if (ends) return [ended(main, by)];
    const { attempt, stepId } = main;
    return news ? [{ type: 'step.resumed', ...by, data: { attempt, stepId } }] : [];
  }
  const over = main.status === 'failed' || main.status === 'succeeded';
  return over ? abandoned(state).map((step) => leftOpen(step, by)) : [];
}

type By = { readonly actor: string; readonly cause: { readonly seq: number } };

/** Steps of the handler that may still have an effect: begun, or tried with an outcome nobody knows. */
export const openSteps = (state: ExecutionState): readonly StepState[] => {
  const children = new Set(Object.values(state.durable?.children ?? {}).map((child) => child.operationId));
  return state.steps
    .openInside()
    .filter(
      (step) =>
        !children.has(step.stepId) &&
        (step.status === 'started' || (step.status === 'awaiting_retry' && step.errorOutcome === 'unknown')),
    );
};

const abandoned = (state: ExecutionState): readonly StepState[] =>
  openSteps(state).filter((step) => step.status === 'started');

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
    data: { attempt: step.attempt, error, outcome: 'unknown', stepId: step.stepId },
  };
}
