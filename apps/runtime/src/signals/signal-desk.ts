import { type ExecutionState, judgeSignal, type SignalCommand } from '@intendant/execution';
import {
  type Failure,
  FailureError,
  failure,
  isDestructive,
  type PolicyDecision,
  type Principal,
  roleSufficing,
  type SignalReply,
  type SignalSubmission,
} from '@intendant/intent-model';
import { digestOf, type JsonObject } from '@intendant/kernel';
import { authorise, executionsOf } from '../http/operations.js';
import { requireOwnTenant } from '../http/own-tenant.js';
import { substatusOf } from '../http/substatus.js';
import type { Platform } from '../platform/compose.js';
import { changedOverrideFault, changedPayloadFault } from './changed-payload.js';
import { changedReferencesFault } from './changed-references.js';
import { readSignal, typeClaimedBy } from './read-signal.js';
import { recordedSignals } from './recorded-signals.js';
import { resolvedResultFault } from './resolved-result.js';
import { retryExecution } from './retry-execution.js';
import { duplicate, refuse, refuseSignal, type SentSignal, type SignalAnswer } from './sent-signal.js';

/**
 * Where signals come in: shape, execution, id, Smart City, reason, state, in this order. What is refused is recorded as a
 * refusal; what is allowed is recorded with its decision before it has any effect.
 */
export class SignalDesk {
  constructor(private readonly platform: Platform) {}

  async send(
    principal: Principal,
    correlationId: string,
    executionId: string,
    body: JsonObject,
  ): Promise<SignalAnswer> {
    const read = readSignal(body);
    if (!read.ok)
      return refuse(this.platform, principal, correlationId, typeClaimedBy(body), read.error, { executionId });
    const state = await this.#executionOf(principal, executionId);
    const submission = { ...read.value, signalId: spelledAsRecorded(state, read.value.signalId) };
    const payloadDigest = digestOf(submission.payload);
    const role = roleSufficing(submission.signalType, principal.roles);
    const sent: SentSignal = { principal, correlationId, state, submission, payloadDigest, role };
    const answer =
      submission.signalType === 'retry_execution'
        ? await retryExecution(this.platform, sent, submission.payload, () => this.#authorise(sent))
        : await this.#apply(sent, submission);
    this.platform.metrics.signals.inc({
      type: submission.signalType,
      outcome: answer.repeated ? 'repeated' : 'applied',
    });
    if (!answer.repeated && isDestructive(submission.signalType)) this.#alert(sent, answer.reply.decisionId);
    return answer;
  }

  /** Another tenant's execution and a missing one answer alike. */
  async #executionOf(principal: Principal, executionId: string) {
    await requireOwnTenant(this.platform, principal, 'execution', executionId);
    const state = await this.platform.supervisor.read(executionId);
    if (state === undefined || state.intent?.tenantId !== principal.tenantId)
      throw new FailureError(failure('not_found', 'no such execution'));
    return state;
  }

  async #apply(
    sent: SentSignal,
    submission: Exclude<SignalSubmission, { signalType: 'retry_execution' }>,
  ): Promise<SignalAnswer> {
    const known = await this.#known(sent);
    if (known !== null && known.actor === `user:${sent.principal.userId}`) return known.answer;
    const decision = await this.#authorise(sent);
    if (known !== null) return known.answer;
    const command = commandOf(sent, submission, decision, this.platform.clock.nowMs());
    const fault = await this.#payloadFault(sent, command);
    if (fault !== null && judgeSignal(sent.state, command) === null)
      await refuseSignal(this.platform, sent, fault, decision);
    const outcome = await this.platform.supervisor.signal(sent.state.executionId, command);
    if (outcome.kind === 'draining')
      throw new FailureError(failure('shutting_down', 'the process is draining', { retryAfterMs: 1_000 }));
    if (outcome.kind === 'refused') {
      const { code, detail, field } = outcome.refusal;
      return refuseSignal(this.platform, sent, failure(code, detail, field === undefined ? {} : { field }), decision);
    }
    if (outcome.kind === 'known') return this.#applied({ ...sent, state: outcome.state });
    const { state, appliedSeq } = outcome;
    return { reply: this.#reply({ ...sent, state }, decision.decisionId, sent.role, appliedSeq), repeated: false };
  }

  /** What a person puts into an execution is held to what it would be held to at its own door. */
  async #payloadFault({ state, principal }: SentSignal, command: SignalCommand): Promise<Failure | null> {
    const { env, content, references, registry } = this.platform;
    const { validators } = registry;
    switch (command.signalType) {
      case 'update_params': {
        const bounds = { validators, bytesMax: env.INTENDANT_BODY_BYTES_MAX };
        const fault = changedPayloadFault(state, command.payload['params'] as JsonObject, bounds);
        return fault ?? changedReferencesFault(registry, state, command);
      }
      case 'inject_override': {
        const fault = changedOverrideFault(state, command, env.INTENDANT_BODY_BYTES_MAX);
        return fault ?? changedReferencesFault(registry, state, command);
      }
      case 'resolve_step':
        return resolvedResultFault(state, command, principal.userId, { validators, references, content });
      default:
        return null;
    }
  }

  /** An id that was used before: the answer it got, for the same signal; another one is refused. */
  async #known(sent: SentSignal): Promise<{ actor: string; answer: SignalAnswer } | null> {
    const { submission, state, payloadDigest } = sent;
    const known = state.signals[submission.signalId];
    if (known === undefined) return null;
    if (known.signalType !== submission.signalType || known.payloadDigest !== payloadDigest)
      return refuseSignal(this.platform, sent, duplicate(submission.signalId));
    const view = await this.#recorded(sent);
    return { actor: view.actor, answer: await this.#applied(sent) };
  }

  async #recorded({ state, submission }: SentSignal) {
    const entries = await this.platform.wal.readStream(state.executionId);
    const views = recordedSignals(entries.flatMap((entry) => entry.records));
    const view = views.find((one) => one.signalId === submission.signalId);
    if (view === undefined) throw new Error(`signal ${submission.signalId} is known and was not recorded`);
    return view;
  }

  async #applied(sent: SentSignal): Promise<SignalAnswer> {
    const { decisionId, role, appliedSeq } = await this.#recorded(sent);
    return { reply: this.#reply(sent, decisionId, role, appliedSeq), repeated: true };
  }

  /** Smart City's decision; then, for what nobody can take back, that there is a reason. */
  async #authorise(sent: SentSignal): Promise<PolicyDecision> {
    const { principal, correlationId, state, submission } = sent;
    const { executionId } = state;
    const { signalType, reason } = submission;
    const decision = await authorise(
      this.platform,
      principal,
      correlationId,
      `signal.${signalType}`,
      { executionId, submission },
      {
        references: [executionsOf(state.intent?.userId ?? null, executionId)],
        about: `${signalType} of ${executionId}`,
        targetId: executionId,
      },
    ).catch((error: unknown) => {
      if (error instanceof FailureError)
        this.platform.metrics.signals.inc({ type: signalType, outcome: error.failure.code });
      throw error;
    });
    if (isDestructive(signalType) && (reason ?? '').trim() === '')
      return refuseSignal(
        this.platform,
        sent,
        failure('authz_reason_required', 'say why', { field: '/reason', remedy: 'send a reason' }),
        decision,
      );
    return decision;
  }

  #reply(
    { state, submission }: SentSignal,
    decisionId: string,
    role: SignalReply['role'],
    appliedSeq: number,
  ): SignalReply {
    const { executionId, status } = state;
    return {
      executionId,
      signalId: submission.signalId,
      decisionId,
      signalType: submission.signalType,
      role,
      appliedSeq,
      status: status as SignalReply['status'],
      substatus: substatusOf(state, this.platform.supervisor.isRecovering(executionId)),
      newExecutionId: null,
    };
  }

  /** What nobody can take back is told to those on watch, beside its record. */
  #alert({ principal, state, submission }: SentSignal, decisionId: string): void {
    this.platform.metrics.alerts.inc({ level: 'P1' });
    const { signalType, signalId } = submission;
    this.platform.logger.warn(
      { alert: 'P1', executionId: state.executionId, signalType, signalId, decisionId, userId: principal.userId },
      'a destructive signal was applied',
    );
  }
}

/** Early histories have ids in the case in which they were sent. */
const spelledAsRecorded = ({ signals }: ExecutionState, signalId: string): string =>
  Object.hasOwn(signals, signalId)
    ? signalId
    : (Object.keys(signals).find((recorded) => recorded.toLowerCase() === signalId) ?? signalId);

const commandOf = (
  { principal, payloadDigest, role, state }: SentSignal,
  { signalId, signalType, payload, reason }: Exclude<SignalSubmission, { signalType: 'retry_execution' }>,
  { decisionId, policyRevision }: PolicyDecision,
  nowMs: number,
): SignalCommand => ({
  kind: 'signal',
  signalId,
  signalType,
  payload: payload as SignalCommand['payload'],
  payloadDigest,
  reason: reason ?? null,
  actor: `user:${principal.userId}`,
  decision: { decisionId, policyRevision, role },
  nowMs,
  ...(signalType === 'update_params' && { checkedOver: state.params }),
  ...(signalType === 'inject_override' && { checkedOver: state.overrides[payload.stepId] ?? null }),
});
