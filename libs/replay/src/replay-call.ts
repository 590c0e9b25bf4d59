import type { ParticipantCall, ReplayCall, ResolvedReference } from '@intendant/intent-model';
import type { Rerun } from './reruns.js';

/** The message that asks a participant to run a handler again, on what was recorded. */
export const replayCallOf = (
  { before, terms, journal, state, startedAt }: Rerun,
  given: { readonly references: readonly ResolvedReference[]; readonly dataPlane: ParticipantCall['dataPlane'] },
): ReplayCall => ({
  call: {
    // it competes with no call: the participant keeps it beside its ledger
    callToken: { epoch: 0, n: 0 },
    idempotencyKey: terms.idempotencyKey,
    executionId: before.executionId,
    stepId: terms.stepId,
    direction: terms.direction,
    undoes: terms.undoes,
    logicalAttempt: 1 + terms.definiteFailures,
    deliveryAttempt: 1 + terms.unknownOutcomes,
    timeoutMs: terms.timeoutMs,
    capability: terms.capability,
    intent: terms.intent,
    references: [...given.references],
    boundaryContractId: before.decision?.obligations?.boundaryContract?.contract.contractId ?? null,
    dataPlane: given.dataPlane,
    traceparent: null,
    journal,
  },
  startedAt,
  state: [...state],
});
