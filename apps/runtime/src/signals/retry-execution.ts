import { type ExecutionState, isTerminal } from '@intendant/execution';
import {
  FailureError,
  failure,
  type Intent,
  type PolicyDecision,
  type SignalReply,
  type SignalView,
} from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { auditOf, type Entry, type RecordDraft } from '@intendant/wal';
import { substatusOf } from '../http/substatus.js';
import type { Platform } from '../platform/compose.js';
import { duplicate, refuseSignal, type SentSignal, type SignalAnswer } from './sent-signal.js';

/** The signal that made an execution: where its decision is recorded in the tenant's audit stream, and what it said. */
interface RetrySignal {
  readonly decidedSeq: number;
  readonly payload: SignalView['payload'];
}

/**
 * Submits the intent of an execution that has ended again, under the authority of whoever asks, as a new execution that
 * names the old one. The old execution's history is over, so the signal is recorded in the tenant's audit stream: its
 * decision before anything follows, that it was applied once the new execution is accepted, which is what proves it.
 */
export async function retryExecution(
  platform: Platform,
  sent: SentSignal,
  payload: { readonly sessionId?: string | undefined },
  authorise: () => Promise<PolicyDecision>,
): Promise<SignalAnswer> {
  const { state, submission } = sent;
  if (Object.hasOwn(state.signals, submission.signalId))
    return refuseSignal(platform, sent, duplicate(submission.signalId));
  const made = await retryMadeBy(platform, state, submission.signalId);
  if (made !== null && made.view.payloadDigest !== sent.payloadDigest)
    return refuseSignal(platform, sent, duplicate(submission.signalId));
  const isOwn = made?.view.actor === `user:${sent.principal.userId}`;
  if (made !== null && isOwn) return answer(sent, made.view, made.executionId, true);
  const decision = await authorise();
  if (made !== null) return answer(sent, made.view, made.executionId, true);
  if (!isTerminal(state.status)) {
    const found = failure('signal_not_applicable', `only what has ended can be retried, it is ${state.status}`);
    return refuseSignal(platform, sent, found, decision);
  }
  const decidedSeq = await recordDecided(platform, sent, decision);
  const retrySignal: RetrySignal = { decidedSeq, payload: submission.payload as RetrySignal['payload'] };
  const { executionId } = await platform.intake
    .submit(sent.principal, {
      body: Buffer.from(JSON.stringify(resubmission(state, payload.sessionId, retrySignal))),
      headers: {},
      query: {},
      correlationId: sent.correlationId,
      traceparent: null,
      keyDigest: keyDigestOf(state, submission.signalId),
    })
    .catch(namingSession);
  await recordApplied(platform, sent, decidedSeq);
  return answer(sent, { decisionId: decision.decisionId, role: sent.role }, executionId, false);
}

/** The session is a member of the signal here, not of an intent that somebody wrote. */
function namingSession(error: unknown): never {
  if (!(error instanceof FailureError) || error.failure.code !== 'session_invalid') throw error;
  const extra = { ...error.failure.extra, field: '/payload/sessionId', remedy: 'name an open session of your own' };
  throw new FailureError({ ...error.failure, extra });
}

/** The retry that a signal has made, if it has. */
export async function retryMadeBy(
  platform: Platform,
  state: ExecutionState,
  signalId: string,
): Promise<{ readonly executionId: string; readonly view: SignalView } | null> {
  const held = await platform.supervisor.keyHolder(keyDigestOf(state, signalId));
  if (held === undefined) return null;
  const { executionId } = held;
  const { intent } = (await platform.supervisor.read(executionId)) as ExecutionState & { intent: Intent };
  const { decidedSeq, payload } = intent.metadata['retrySignal'] as unknown as RetrySignal;
  const stream = auditOf(intent.tenantId);
  await platform.log.catchUp(stream);
  const [entry] = await platform.wal.readStreamBackwards(stream, decidedSeq + 1, 1);
  const decided = entry?.records.find(({ seq }) => seq === decidedSeq);
  if (decided?.type !== 'signal.decided') throw new Error(`signal ${signalId} is known and was not recorded`);
  const { effect: _allow, role, signalType, ...data } = decided.data;
  const view: SignalView = {
    ...data,
    signalType,
    role: role as SignalView['role'],
    actor: `user:${intent.userId}`,
    payload,
    // its places are in the audit stream: here they would be taken for some in the execution
    decidedSeq: null,
    appliedSeq: null,
    appliedAt: intent.createdAt,
  };
  return { executionId, view };
}

/** One key for every user: the id means this signal, whoever sends it. */
const keyDigestOf = (state: ExecutionState, signalId: string): string =>
  digestOf(['retry-execution', state.intent?.tenantId ?? '', state.executionId, signalId]);

async function recordDecided(platform: Platform, sent: SentSignal, decision: PolicyDecision): Promise<number> {
  const { payloadDigest, role, submission } = sent;
  const { signalId, signalType, reason } = submission;
  const { decisionId, policyRevision } = decision;
  const decided: RecordDraft = {
    type: 'signal.decided',
    actor: 'service:smart-city',
    cause: null,
    data: {
      decisionId,
      effect: 'allow',
      payloadDigest,
      policyRevision,
      reason: reason ?? null,
      role,
      signalId,
      signalType,
    },
  };
  return (await recordBeside(platform, sent, decided)).firstSeq;
}

async function recordApplied(platform: Platform, sent: SentSignal, decidedSeq: number): Promise<void> {
  const { signalId, signalType, payload } = sent.submission;
  await recordBeside(platform, sent, {
    type: 'signal.applied',
    actor: `user:${sent.principal.userId}`,
    cause: { seq: decidedSeq },
    data: { payload: payload as Record<string, never>, signalId, signalType },
  });
}

/** In the tenant's audit stream, about the old execution. */
function recordBeside(platform: Platform, sent: SentSignal, draft: RecordDraft): Promise<Entry> {
  const { tenantId } = sent.principal;
  const { state, correlationId } = sent;
  const attribution = { tenantId, sessionId: null, executionId: state.executionId, intentId: null, correlationId };
  return platform.log.append(auditOf(tenantId), attribution, [draft]);
}

/** The intent as it was submitted, for the session of whoever asks. */
function resubmission(state: ExecutionState, sessionId: string | undefined, retrySignal: RetrySignal): object {
  const { intent, terms, executionId } = state;
  if (intent === null) throw new Error(`${executionId} was never accepted`);
  // neither a part of the old trace, nor a child of whoever started the old execution
  const { traceparent: _trace, parentExecutionId: _parent, ...metadata } = intent.metadata;
  return {
    intentType: intent.intentType,
    sessionId: sessionId ?? intent.sessionId,
    payload: intent.payload,
    metadata: { ...metadata, retryOf: executionId, retrySignal },
    ...(intent.solutionId === null ? {} : { solutionId: intent.solutionId }),
    ...(intent.solutionContext === null ? {} : { solutionContext: intent.solutionContext }),
    ...(terms?.skipTags === undefined ? {} : { skipTags: terms.skipTags }),
  };
}

const answer = (
  { state, submission }: SentSignal,
  { decisionId, role }: Pick<SignalReply, 'decisionId' | 'role'>,
  newExecutionId: string,
  repeated: boolean,
): SignalAnswer => ({
  reply: {
    executionId: state.executionId,
    signalId: submission.signalId,
    decisionId,
    signalType: submission.signalType,
    role,
    appliedSeq: null,
    status: state.status as SignalReply['status'],
    substatus: substatusOf(state, false),
    newExecutionId,
  },
  repeated,
});
