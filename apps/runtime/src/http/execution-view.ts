import { type ExecutionState, isSettled } from '@intendant/execution';

/** Status, times and outcome of an execution, as every endpoint shows them. */
export function executionView(state: ExecutionState) {
  const { intent, decision } = state;
  return {
    executionId: state.executionId,
    intentId: intent?.intentId,
    intentType: intent?.intentType,
    tenantId: intent?.tenantId,
    userId: intent?.userId,
    sessionId: intent?.sessionId,
    correlationId: intent?.correlationId,
    status: state.status,
    capabilities: state.capabilities,
    decisionId: decision?.decisionId,
    policyRevision: decision?.policyRevision,
    createdAt: intent?.createdAt,
    acceptedAt: state.acceptedAt,
    settledAt: state.settledAt,
    lastSeq: state.lastSeq,
    steps: Object.values(state.steps).map(({ stepId, status, attempt, error, errorOutcome }) => ({
      stepId,
      status,
      attempts: attempt,
      error,
      errorOutcome,
    })),
    timers: state.timers,
    error: state.error,
    stuckReason: state.stuckReason,
  };
}

/** The outcome; `result` is null until the execution completed. */
export function resultView(state: ExecutionState) {
  const { intent } = state;
  return {
    executionId: state.executionId,
    intentId: intent?.intentId,
    intentType: intent?.intentType,
    correlationId: intent?.correlationId,
    status: state.status,
    createdAt: intent?.createdAt,
    settledAt: state.settledAt,
    result:
      state.status === 'completed'
        ? {
            artifacts: state.artifacts.map((one) => one.artifact),
            events: state.events,
            stateChanges: state.stateChanges,
          }
        : null,
    error: state.error,
    stuckReason: state.stuckReason,
  };
}

export const isDone = (state: ExecutionState): boolean => isSettled(state.status);
