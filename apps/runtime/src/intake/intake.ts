import {
  type Failure,
  FailureError,
  failure,
  type Intent,
  type PolicyDecision,
  type PolicyQuestion,
  type Principal,
  realmOf,
} from '@intendant/intent-model';
import { type Clock, err, type IdSource, ok, type Result, SLOT_COUNT, slotOfId, type Tracer } from '@intendant/kernel';
import type { AcceptOutcome, LogWriter, Supervisor } from '@intendant/partition';
import type { Resolution } from '@intendant/registry';
import { type PinnedPlan, resolvePlan } from '@intendant/saga';
import { AppendInDoubt, EMPTY_HEAD, type Entry } from '@intendant/wal';
import type { PolicyClient } from '../policy/policy-client.js';
import type { RegistryView } from '../registry/registry-view.js';
import type { PolicyQuestions } from './policy-questions.js';
import type { Refusals, Refused } from './refusals.js';
import type { Sessions } from './sessions.js';
import {
  type IntakeRequest,
  intentOf,
  isIntentOf,
  readSubmission,
  type Submission,
  slotOfDigest,
} from './submission.js';

/** About as long as a replica of Smart City takes to see what another one published. */
const LAGGING_MS = 2_000;
/** A decision older than this is asked again before it is recorded. */
const DECISION_AGE_MS_MAX = 5_000;

export interface Accepted {
  readonly executionId: string;
  readonly replayed: boolean;
}

/** What an intent got at the door before it may be accepted. */
interface Admission {
  readonly decision: PolicyDecision;
  readonly resolution: Resolution;
  readonly pinned: PinnedPlan | null;
  readonly sessionRevision: number;
}

/** What `POST /v1/intents/validate` answers: everything but the acceptance. */
export interface Judgement {
  readonly decision: PolicyDecision;
  readonly resolution: Result<Resolution, Failure>;
  readonly payloadFault: { readonly pointer: string; readonly message: string } | null;
  /** What submission would be refused with now, or null. */
  readonly refusal: Failure | null;
}

export interface IntakePorts {
  readonly log: LogWriter;
  readonly supervisor: Supervisor;
  readonly sessions: Sessions;
  readonly refusals: Refusals;
  readonly questions: PolicyQuestions;
  readonly policy: PolicyClient;
  readonly knownRevision: (tenantId: string) => number | undefined;
  readonly registry: RegistryView;
  readonly ids: IdSource;
  readonly clock: Clock;
  /** Null when nobody traces. */
  readonly tracer: Tracer | null;
  /** Told of every durable acceptance. */
  readonly onAccepted: (realm: string, sinceMs: number) => void;
  /** Why no new work is taken at the moment, or null. */
  readonly closedBecause: () => Failure | null;
}

/**
 * The door: key look-up, session, policy, resolution, contract, acceptance, in this order. Whatever is refused is
 * recorded as a refusal and thrown as a {@link FailureError}; only acceptance binds an idempotency key.
 */
export class Intake {
  constructor(private readonly ports: IntakePorts) {}

  submit(principal: Principal, request: IntakeRequest): Promise<Accepted> {
    const { tracer } = this.ports;
    if (tracer === null) return this.#submit(principal, request);
    return tracer.trace('intent.intake', { parent: request.traceparent, kind: 'server' }, async (span) => {
      const accepted = await this.#submit(principal, { ...request, traceparent: span.traceparent });
      span.set('intendant.execution_id', accepted.executionId);
      return accepted;
    });
  }

  async #submit(principal: Principal, request: IntakeRequest): Promise<Accepted> {
    const startedMs = this.ports.clock.nowMs();
    const read = readSubmission(principal, request);
    if (!read.ok)
      return this.#refuse({ principal, correlationId: request.correlationId, sessionId: null, ...read.error });
    const submission = read.value;
    const held = await this.#held(submission);
    if (held !== null) return held;
    const closed = this.ports.closedBecause();
    if (closed !== null) return this.#refuseIntent(principal, submission, closed);
    const accepted = await this.#accept(principal, submission, await this.#decideAndResolve(principal, submission));
    if (!accepted.replayed) this.ports.onAccepted(realmOf(submission.intentType), startedMs);
    return accepted;
  }

  async validate(principal: Principal, request: IntakeRequest): Promise<Judgement> {
    const read = readSubmission(principal, request);
    if (!read.ok)
      return this.#refuse({ principal, correlationId: request.correlationId, sessionId: null, ...read.error });
    const submission = read.value;
    const decision = await this.ports.policy.decide(
      await this.#question(principal, submission, randomSlot(this.ports.ids)),
    );
    const resolution = this.ports.registry.index.resolve(submission.intentType);
    const payloadFault = resolution.ok ? this.#payloadFault(resolution.value, submission) : null;
    const admitted = this.#admitted(submission, decision);
    const refusal = this.ports.closedBecause() ?? (admitted.ok ? null : admitted.error);
    return { decision, resolution, payloadFault, refusal };
  }

  /** A key that is bound gives its execution, whatever policy or session say now. */
  async #held(submission: Submission): Promise<Accepted | null> {
    if (submission.keyDigest === null) return null;
    const held = await this.ports.supervisor.keyHolder(submission.keyDigest);
    return held === undefined ? null : this.#sameIntent(submission, held);
  }

  #sameIntent(submission: Submission, held: { executionId: string; fingerprint: string }): Accepted {
    if (isIntentOf(held.fingerprint, submission)) return { executionId: held.executionId, replayed: true };
    throw new FailureError(
      failure('idempotency_key_reused', 'this key was used with another intent', {
        field: 'header idempotency-key',
        remedy: 'use a new key for a new intent',
      }),
    );
  }

  async #decideAndResolve(
    principal: Principal,
    submission: Submission,
    slot: number = slotOf(submission, this.ports.ids),
  ): Promise<Admission> {
    const question = await this.#question(principal, submission, slot);
    const decision = await this.#decide(principal, submission, question);
    const admitted = this.#admitted(submission, decision);
    if (!admitted.ok) return this.#refuseIntent(principal, submission, admitted.error, decision);
    const sessionRevision = question.session?.revision ?? 1;
    return { decision, ...admitted.value, sessionRevision };
  }

  /** What answers, or what speaks against the intent once it was decided. The same for submission and for its judgement. */
  #admitted(
    submission: Submission,
    decision: PolicyDecision,
  ): Result<Pick<Admission, 'resolution' | 'pinned'>, Failure> {
    if (decision.effect === 'deny') return err(deniedFailure(decision));
    const resolution = this.ports.registry.index.resolve(submission.intentType);
    if (!resolution.ok) return resolution;
    const fault = this.#payloadFault(resolution.value, submission);
    if (fault !== null) return err(failure('invalid_payload', fault.message, { field: `/payload${fault.pointer}` }));
    const executionMsMax = decision.obligations?.executionMsMax ?? Number.MAX_SAFE_INTEGER;
    const { index } = this.ports.registry;
    const answer = (intentType: string) => {
      const found = index.resolve(intentType);
      return found.ok ? ok(found.value.answering[0]) : found;
    };
    const pinned = resolvePlan(answer, submission.intentType, resolution.value.answering, executionMsMax);
    if (!pinned.ok) return pinned;
    const unknown = unknownTag(submission, pinned.value);
    return unknown === null ? ok({ resolution: resolution.value, pinned: pinned.value }) : err(unknown);
  }

  async #question(principal: Principal, submission: Submission, slot: number): Promise<PolicyQuestion> {
    const session = (await this.ports.sessions.find(submission.sessionId)) ?? null;
    const visible = session?.tenantId === principal.tenantId ? session : null;
    const resolution = this.ports.registry.index.resolve(submission.intentType);
    const capabilities = resolution.ok ? resolution.value.answering.map(({ capability }) => capability) : [];
    return this.ports.questions.forIntent(principal, submission, visible, capabilities, slot);
  }

  /**
   * One decision; asked once more when it was old or of a superseded revision by the time it arrived. One that is of a
   * superseded revision then, too, as of a replica of Smart City that lags, decides nothing. Of age clocks may disagree.
   */
  async #decide(principal: Principal, submission: Submission, question: PolicyQuestion): Promise<PolicyDecision> {
    try {
      const ask = () => this.ports.policy.decide(question);
      const decision = await this.#traced('policy.decide', submission, ask);
      if (!this.#isSuperseded(decision) && !this.#isOld(decision)) return decision;
      const again = await this.#traced('policy.decide', submission, ask);
      if (!this.#isSuperseded(again)) return again;
      const detail = `Smart City decided by revision ${again.policyRevision}, which is superseded`;
      throw new FailureError(failure('policy_unavailable', detail, { retryAfterMs: LAGGING_MS }));
    } catch (error) {
      if (error instanceof FailureError) return this.#refuseIntent(principal, submission, error.failure);
      throw error;
    }
  }

  #isSuperseded({ tenantId, policyRevision }: PolicyDecision): boolean {
    const known = this.ports.knownRevision(tenantId);
    return known !== undefined && policyRevision < known;
  }

  #isOld({ decidedAt }: PolicyDecision): boolean {
    return this.ports.clock.nowMs() - Date.parse(decidedAt) > DECISION_AGE_MS_MAX;
  }

  #payloadFault(resolution: Resolution, submission: Submission) {
    for (const { capability } of resolution.answering) {
      const fault = this.ports.registry.validators.validateInput(capability.digest, submission.payload);
      if (fault !== null) return fault;
    }
    return null;
  }

  /** What a saga as code asks for, under its own authority and an id that is given: decided, resolved and accepted anew. */
  async submitChild(principal: Principal, submission: Submission, executionId: string): Promise<void> {
    const slot = slotOfId(executionId);
    const admission = await this.#decideAndResolve(principal, submission, slot);
    await this.#accept(principal, submission, admission, executionId);
  }

  async #accept(
    principal: Principal,
    submission: Submission,
    admission: Admission,
    givenId?: string,
  ): Promise<Accepted> {
    const { ids, clock } = this.ports;
    const { decision, resolution } = admission;
    const executionId = givenId ?? ids.next('exe', slotOf(submission, ids, decision.decisionId));
    const intent = intentOf(principal, submission, ids.nextUuid(), new Date(clock.nowMs()).toISOString());
    const attribution = {
      tenantId: principal.tenantId,
      sessionId: intent.sessionId,
      executionId,
      intentId: intent.intentId,
      correlationId: intent.correlationId,
    };
    const command = {
      kind: 'accept' as const,
      attribution,
      intent,
      fingerprint: submission.fingerprint,
      keyDigest: submission.keyDigest,
      decision,
      capabilities: admission.pinned?.capabilities ?? [resolution.answering[0].resolved],
      registryRevision: resolution.revision,
      terms: termsOf(admission, intent, submission),
    };
    const beside = this.#proposal(decision, attribution, intent);
    const append = () => this.#commit(executionId, command, beside);
    const outcome = await this.#traced('log.accept', submission, append);
    if (outcome.kind === 'existing') return this.#sameIntent(submission, outcome);
    if (outcome.kind === 'accepted') return { executionId, replayed: false };
    return this.#refuseIntent(principal, submission, notTaken(outcome));
  }

  #traced<T>(name: string, { traceparent }: Submission, work: () => Promise<T>): Promise<T> {
    const { tracer } = this.ports;
    return tracer === null ? work() : tracer.trace(name, { parent: traceparent }, work);
  }

  async #commit(...args: Parameters<Supervisor['accept']>) {
    try {
      return await this.ports.supervisor.accept(...args);
    } catch (error) {
      if (error instanceof AppendInDoubt)
        throw new FailureError(
          failure('outcome_unknown', 'the acceptance may or may not be durable; ask again with the same key', {
            extra: { executionId: args[0] },
            retryAfterMs: 1_000,
          }),
        );
      throw error;
    }
  }

  /** The boundary contract that this intent proposes: durable with the acceptance, in the same partition. */
  #proposal(
    decision: PolicyDecision,
    attribution: Parameters<LogWriter['encode']>[2],
    intent: Intent,
  ): readonly Entry[] {
    const obligation = decision.obligations?.boundaryContract;
    if (obligation?.action !== 'propose') return [];
    const { contract } = obligation;
    const data = { contract: { ...contract, revision: 1 }, intentId: intent.intentId };
    return [
      this.ports.log.encode(contract.contractId, EMPTY_HEAD, attribution, [
        { type: 'contract.proposed', actor: 'service:smart-city', cause: null, data },
      ]),
    ];
  }

  #refuseIntent(
    principal: Principal,
    submission: Submission,
    found: Failure,
    decision?: PolicyDecision,
  ): Promise<never> {
    const { ids, clock } = this.ports;
    const { payload: _payload, ...intent } = intentOf(
      principal,
      submission,
      ids.nextUuid(),
      new Date(clock.nowMs()).toISOString(),
    );
    const { correlationId, sessionId, fingerprint } = submission;
    const more = decision === undefined ? {} : { decision };
    return this.#refuse({ principal, found, correlationId, sessionId, intent, fingerprint, ...more });
  }

  async #refuse(refused: Refused): Promise<never> {
    const refusalId = await this.ports.refusals.record(refused);
    const extra = { ...refused.found.extra, ...(refusalId === null ? {} : { refusalId }) };
    throw new FailureError({ ...refused.found, extra });
  }
}

/** What the execution will be held to, recorded with the acceptance. */
function termsOf(admission: Admission, intent: Intent, submission: Submission) {
  const { capability } = admission.resolution.answering[0];
  return {
    ...(capability.durable ? { durable: true } : {}),
    jitterSeed: intent.intentId,
    ...(admission.pinned === null ? {} : { plan: admission.pinned.plan }),
    recovery: capability.recovery,
    retry: capability.retry,
    sessionRevision: admission.sessionRevision,
    sideEffects: capability.sideEffects,
    ...(submission.body.skipTags === undefined ? {} : { skipTags: submission.body.skipTags }),
    timeoutMs: Math.min(capability.timeoutMs, admission.decision.obligations?.executionMsMax ?? capability.timeoutMs),
    unknownOutcome: capability.unknownOutcome,
  };
}

function notTaken(outcome: AcceptOutcome): Failure {
  const code = outcome.kind === 'overloaded' ? 'overloaded' : 'shutting_down';
  const share = outcome.kind === 'overloaded' ? outcome.tenantMax : null;
  const detail =
    share === null
      ? 'no new work is taken at the moment'
      : `the tenant has its whole share of what may be in flight: ${share} executions`;
  return failure(code, detail, { retryAfterMs: 1_000 });
}

/** A tag that no step of the plan has is a mistake of the caller, not an empty wish. */
function unknownTag(submission: Submission, pinned: PinnedPlan | null): Failure | null {
  const known = new Set(pinned?.plan.steps.flatMap((step) => step.skipTags));
  const position = submission.body.skipTags?.findIndex((tag) => !known.has(tag)) ?? -1;
  if (position === -1) return null;
  return failure('invalid_request', 'no step of this intent has the tag', { field: `/skipTags/${position}` });
}

/** With a key every holder agrees on the slot; without one the decision's slot, which was random, is kept. */
function slotOf(submission: Submission, ids: IdSource, decisionId?: string): number {
  if (submission.keyDigest !== null) return slotOfDigest(submission.keyDigest);
  return decisionId === undefined ? randomSlot(ids) : Number.parseInt(decisionId.slice(-4), 16);
}

const randomSlot = (ids: IdSource): number => Number.parseInt(ids.next('dec').slice(-4), 16) % SLOT_COUNT;

/** The failure a caller sees for a decision that does not allow. */
export function deniedFailure(decision: PolicyDecision): Failure {
  const code = (decision.code ?? 'action_not_permitted') as Failure['code'];
  return failure(code, decision.reason ?? 'policy does not allow this', {
    ...(decision.remedy === null ? {} : { remedy: decision.remedy }),
    ...(decision.retryAfterMs === null ? {} : { retryAfterMs: decision.retryAfterMs }),
    extra: { decisionId: decision.decisionId, policyRevision: decision.policyRevision },
  });
}
