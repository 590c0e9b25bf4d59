import { type ExecutionState, isTerminal } from '@intendant/execution';
import { failure, type Intent, type PolicyDecision, type SignalReply, type SignalView } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { auditOf, type RecordDraft } from '@intendant/wal';
import { substatusOf } from '../http/substatus.js';
import type { Platform } from '../platform/compose.js';
import { recordedSignals } from './recorded-signals.js';
import { duplicate, refuseSignal, type SentSignal, type SignalAnswer } from './sent-signal.js';

/** Where the signal that made an execution is recorded: the entry's place in the tenant's audit stream. */
interface RetrySignal {
  readonly decidedSeq: number;
}

/**
 * Submits the intent of an execution that has ended again, under the authority of whoever asks, as a new execution that
 * names the old one. The signal is recorded in the tenant's audit stream, before that: the old execution's history is over.
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
  const view = await record(platform, sent, decision);
  const { executionId } = await platform.intake.submit(sent.principal, {
    body: Buffer.from(JSON.stringify(resubmission(state, payload.sessionId, view))),
    headers: {},
    query: {},
    correlationId: sent.correlationId,
    traceparent: null,
    keyDigest: keyDigestOf(state, submission.signalId),
  });
  return answer(sent, view, executionId, false);
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
  const { decidedSeq } = intent.metadata['retrySignal'] as unknown as RetrySignal;
  const stream = auditOf(intent.tenantId);
  await platform.log.catchUp(stream);
  // the decision and the signal are one entry
  const [entry] = await platform.wal.readStreamBackwards(stream, decidedSeq + 2, 1);
  const [view] = recordedSignals(entry?.records ?? []);
  if (view === undefined) throw new Error(`signal ${signalId} is known and was not recorded`);
  return { executionId, view };
}

/** One key for every user: the id means this signal, whoever sends it. */
const keyDigestOf = (state: ExecutionState, signalId: string): string =>
  digestOf(['retry-execution', state.intent?.tenantId ?? '', state.executionId, signalId]);

async function record(platform: Platform, sent: SentSignal, decision: PolicyDecision): Promise<SignalView> {
  const { principal, state, submission, payloadDigest, role, correlationId } = sent;
  const { signalId, signalType, payload, reason } = submission;
  const { decisionId, policyRevision } = decision;
  const attribution = {
    tenantId: principal.tenantId,
    sessionId: null,
    executionId: state.executionId,
    intentId: null,
    correlationId,
  };
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
  const applied: RecordDraft = {
    type: 'signal.applied',
    actor: `user:${principal.userId}`,
    cause: { draft: 0 },
    data: { payload: payload as Record<string, never>, signalId, signalType },
  };
  const entry = await platform.log.append(auditOf(principal.tenantId), attribution, [decided, applied]);
  return recordedSignals(entry.records)[0] as SignalView;
}

/** The intent as it was submitted, for the session of whoever asks. */
function resubmission(state: ExecutionState, sessionId: string | undefined, { decidedSeq }: SignalView): object {
  const { intent, terms, executionId } = state;
  if (intent === null) throw new Error(`${executionId} was never accepted`);
  // neither a part of the old trace, nor a child of whoever started the old execution
  const { traceparent: _trace, parentExecutionId: _parent, ...metadata } = intent.metadata;
  return {
    intentType: intent.intentType,
    sessionId: sessionId ?? intent.sessionId,
    payload: intent.payload,
    metadata: { ...metadata, retryOf: executionId, retrySignal: { decidedSeq } },
    ...(intent.solutionId === null ? {} : { solutionId: intent.solutionId }),
    ...(intent.solutionContext === null ? {} : { solutionContext: intent.solutionContext }),
    ...(terms?.skipTags === undefined ? {} : { skipTags: terms.skipTags }),
  };
}

const answer = (
  { state }: SentSignal,
  { signalId, decisionId, signalType, role }: SignalView,
  newExecutionId: string,
  repeated: boolean,
): SignalAnswer => ({
  reply: {
    executionId: state.executionId,
    signalId,
    decisionId,
    signalType,
    role,
    appliedSeq: null,
    status: state.status as SignalReply['status'],
    substatus: substatusOf(state, false),
    newExecutionId,
  },
  repeated,
});
