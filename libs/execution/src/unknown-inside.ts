import type { RecordDraft } from '@intendant/wal';
import type { At } from './at.js';
import { standstillOf } from './outcomes.js';
import { MAIN_STEP } from './plan-of.js';
import type { ExecutionState, StepState } from './state.js';

const REASON_CHARS_MAX = 512;

/** The handler of a saga as code that will not be called again by itself. */
export function hasHandlerEnded(state: ExecutionState): boolean {
  const main = state.steps.get(MAIN_STEP);
  if (state.durable === null || main === undefined) return false;
  if (main.status === 'failed' || main.status === 'succeeded') return true;
  // a saga that has turned round tries nothing again that has failed
  return main.status === 'awaiting_retry' && state.unwinding !== null && main.errorOutcome === 'definite';
}

/** Steps of a handler whose outcome only a person can tell: nobody tries them again. */
export function unknownInside(state: ExecutionState): readonly StepState[] {
  if (state.durable === null) return [];
  const ended = hasHandlerEnded(state);
  return state.steps
    .openInside()
    .filter(
      ({ status, errorOutcome }) =>
        errorOutcome === 'unknown' && (status === 'failed' || (ended && status === 'awaiting_retry')),
    );
}

/** The ids of such steps as a reason names them. */
export const namesOf = (steps: readonly StepState[]): string => steps.map(({ stepId }) => stepId).join(', ');

/** It stands still for want of the outcome of steps inside its handler, and says of which. */
export function stuckInside(unknown: readonly StepState[], at: At): RecordDraft {
  const [first] = unknown as readonly [StepState];
  const others = unknown.length === 1 ? '' : `; unknown are ${namesOf(unknown)}`;
  const reason = `${standstillOf(first, first.error)}${others}`.slice(0, REASON_CHARS_MAX);
  return {
    type: 'execution.stuck',
    actor: 'runtime',
    cause: { seq: at.causeSeq },
    data: { reason, stepId: first.stepId },
  };
}
