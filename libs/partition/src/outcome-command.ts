import { type ExecutionCommand, NOT_DELIVERED } from '@intendant/execution';
import type { StepError } from '@intendant/intent-model';
import { isResume } from './delivery-of.js';
import { batchOf } from './journal-batch.js';
import type { Delivery, DeliveryOutcome, UndoLookup } from './ports.js';

/** An answer of nobody who knows the key is definite about this delivery, and says nothing about one before it. */
const isGuess = (delivery: Delivery, outcome: DeliveryOutcome): boolean =>
  outcome.kind === 'failed' &&
  delivery.deliveryAttempt > 1 &&
  // what its handler did before is in its journal
  !isResume(delivery) &&
  NOT_DELIVERED.has(outcome.error.code);

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

/** A dispatcher that rejects does not say how far it had got. */
export const unknownFor = (error: Error): DeliveryOutcome => ({
  kind: 'unknown',
  error: stepError('participant_unreachable', `the call failed: ${error.message}`, true),
});

/** In place of an outcome that is too large to be recorded; null when there is nothing smaller to say. */
export function refusalOf(outcome: DeliveryOutcome, why: string): DeliveryOutcome | null {
  const error = tooLarge(why);
  // what the handler did comes before its outcome, if that is not itself what is too large
  if (outcome.kind !== 'succeeded' && outcome.kind !== 'suspended')
    return outcome.commands === undefined ? null : { kind: 'failed', error };
  return { kind: 'failed', error, ...(outcome.commands === undefined ? {} : { commands: outcome.commands }) };
}

export const tooLarge = (why: string): StepError =>
  stepError('contract_violation', `the outcome is too large to be recorded: ${why}`, false);

const stepError = (code: string, message: string, retryable: boolean): StepError => ({
  code,
  message: message.slice(0, 2_000),
  retryable,
  details: null,
});
