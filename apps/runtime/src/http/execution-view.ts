import { type ExecutionState, isSettled } from '@intendant/execution';
import {
  ExecutionId,
  type ExecutionReply,
  type Intent,
  type PolicyDecision,
  type ResultReply,
  type ShownStatus,
} from '@intendant/intent-model';
import { shownStatus, shownStuckReason } from './shown-status.js';
import { substatusOf } from './substatus.js';

type Accepted = ExecutionState & {
  readonly status: ShownStatus;
  readonly intent: Intent;
  readonly decision: PolicyDecision;
};

/** What is shown was accepted, with its intent and decision in the first entry. */
function accepted(state: ExecutionState): Accepted {
  if (state.intent === null || state.decision === null || state.status === 'none')
    throw new Error(`${state.executionId} was never accepted`);
  return state as Accepted;
}

/** Status, times and outcome of an execution, as every endpoint shows them. */
export function executionView(state: ExecutionState, recovering = false): ExecutionReply {
  const { intent, decision, status } = accepted(state);
  return {
    executionId: state.executionId,
    intentId: intent.intentId,
    intentType: intent.intentType,
    tenantId: intent.tenantId,
    userId: intent.userId,
    sessionId: intent.sessionId,
    correlationId: intent.correlationId,
    status,
    capabilities: [...state.capabilities],
    decisionId: decision.decisionId,
    policyRevision: decision.policyRevision,
    createdAt: intent.createdAt,
    acceptedAt: state.acceptedAt,
    settledAt: state.settledAt,
    lastSeq: state.lastSeq,
    substatus: substatusOf(state, recovering),
    steps: Array.from(state.steps, (step) => ({
      stepId: step.stepId,
      status: shownStatus(state, step),
      attempts: step.attempt,
      logicalAttempt: 1 + step.definiteFailures,
      deliveryAttempt: 1 + step.unknownOutcomes,
      error: step.error,
      errorOutcome: step.errorOutcome,
    })),
    timers: state.timers,
    // submitters could once claim it: only what can be an execution is shown as one
    retryOf: ExecutionId.nullable()
      .catch(null)
      .parse(intent.metadata['retryOf'] ?? null),
    error: state.error,
    stuckReason: shownStuckReason(state),
  };
}

/** The outcome; `result` is null until the execution completed. */
export function resultView(state: ExecutionState): ResultReply {
  const { intent, status } = accepted(state);
  return {
    executionId: state.executionId,
    intentId: intent.intentId,
    intentType: intent.intentType,
    correlationId: intent.correlationId,
    status,
    createdAt: intent.createdAt,
    settledAt: state.settledAt,
    result:
      status === 'completed'
        ? {
            artifacts: state.artifacts.map((one) => one.artifact),
            events: [...state.events],
            stateChanges: [...state.stateChanges],
          }
        : null,
    error: state.error,
    stuckReason: shownStuckReason(state),
  };
}

export const isDone = (state: ExecutionState): boolean => isSettled(state.status);
