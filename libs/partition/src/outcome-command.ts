import type { DurableState, ExecutionCommand } from '@intendant/execution';
import type { Journal } from '@intendant/intent-model';
import { batchOf } from './journal-batch.js';
import type { Delivery, DeliveryOutcome, UndoLookup } from './ports.js';

/** Answers of nobody who knows the key. They are definite about this delivery, and say nothing about one before it. */
const NOT_DELIVERED: ReadonlySet<string> = new Set(['participant_unreachable', 'capability_unavailable']);

const isGuess = ({ deliveryAttempt }: Delivery, outcome: DeliveryOutcome): boolean =>
  outcome.kind === 'failed' && deliveryAttempt > 1 && NOT_DELIVERED.has(outcome.error.code);

/** What the end of a delivery asks of the decider. */
export function commandOf(
  delivery: Delivery,
  outcome: DeliveryOutcome,
  lookUpUndo: UndoLookup | undefined,
  nowMs: number,
): ExecutionCommand {
  const { stepId, direction, attempt } = delivery.call;
  const of = { stepId, direction, attempt, nowMs };
  const journal =
    outcome.commands === undefined ? {} : { journal: batchOf(delivery.state, outcome.commands, lookUpUndo) };
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'step_succeeded', ...of, result: outcome.result, ...journal };
    case 'suspended':
      return { kind: 'step_suspended', ...of, seen: outcome.seen, journal: { commands: [] }, ...journal };
    case 'failed':
      return {
        kind: 'step_failed',
        ...of,
        error: outcome.error,
        outcome: isGuess(delivery, outcome) ? 'unknown' : 'definite',
        ...journal,
      };
    case 'unknown':
      return { kind: 'step_failed', ...of, error: outcome.error, outcome: 'unknown', ...journal };
  }
}

/** The journal as a call carries it. */
export const journalOf = ({ version, journal }: DurableState, unwinding: boolean): Journal => ({
  version,
  mode: unwinding ? 'drain' : 'run',
  entries: [...journal],
});
