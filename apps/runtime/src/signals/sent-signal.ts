import type { ExecutionState } from '@intendant/execution';
import {
  type Failure,
  FailureError,
  failure,
  type PolicyDecision,
  type Principal,
  type SignalReply,
  type SignalRole,
  type SignalSubmission,
} from '@intendant/intent-model';
import type { Platform } from '../platform/compose.js';

/** A well-formed signal on its way: who sends what to which execution. */
export interface SentSignal {
  readonly principal: Principal;
  readonly correlationId: string;
  /** The execution as it was when the signal came. */
  readonly state: ExecutionState;
  readonly submission: SignalSubmission;
  readonly payloadDigest: string;
  readonly role: SignalRole;
}

export interface SignalAnswer {
  readonly reply: SignalReply;
  /** The signal was known: nothing happened now. */
  readonly repeated: boolean;
}

/** Records the refusal of a signal in the tenant's refusal stream, and throws it. The execution's history hears nothing. */
export async function refuseSignal(
  platform: Platform,
  { principal, correlationId, state, submission }: Omit<SentSignal, 'payloadDigest' | 'role'>,
  found: Failure,
  decision?: PolicyDecision,
): Promise<never> {
  const detail = `${submission.signalType} of ${state.executionId}: ${found.detail}`;
  return refuse(
    platform,
    principal,
    correlationId,
    submission.signalType,
    { ...found, detail },
    {
      executionId: state.executionId,
      ...(decision && { decision }),
    },
  );
}

/** The same for what is no signal yet. */
export async function refuse(
  platform: Platform,
  principal: Principal,
  correlationId: string,
  type: string,
  found: Failure,
  { executionId, decision }: { readonly executionId?: string; readonly decision?: PolicyDecision } = {},
): Promise<never> {
  platform.metrics.signals.inc({ type, outcome: found.code });
  const refusalId = await platform.refusals.record({
    principal,
    found,
    correlationId,
    sessionId: null,
    ...(decision && { decision }),
    ...(executionId !== undefined && { asked: { action: `signal.${type}`, targetId: executionId } }),
  });
  const extra = {
    ...found.extra,
    ...(decision === undefined ? {} : { decisionId: decision.decisionId }),
    ...(refusalId === null ? {} : { refusalId }),
  };
  throw new FailureError({ ...found, extra });
}

export const duplicate = (signalId: string): Failure =>
  failure('signal_duplicate', `${signalId} was used for another signal`, {
    field: '/signalId',
    remedy: 'choose a new id for a new signal',
  });
