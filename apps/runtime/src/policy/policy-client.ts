import {
  type Failure,
  FailureError,
  failure,
  PolicyDecision,
  type PolicyQuestion,
  RpcPattern,
} from '@intendant/intent-model';
import type { RpcClient } from '@intendant/nest-kit';

/** Questions per message; what arrives in one turn of the event loop beyond that goes into the next. */
const BATCH_MAX = 64;

/** A publication is validated and stored before it is answered. */
const PUBLISH_MS_MAX = 15_000;

interface Asked {
  readonly question: PolicyQuestion;
  readonly resolve: (decision: PolicyDecision) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Asks Smart City. Fails closed: no answer in time, a broken one, or one to another question is `policy_unavailable`.
 * Questions of one turn of the event loop travel in one message; each is still decided on its own.
 */
export class PolicyClient {
  #waiting: Asked[] = [];

  constructor(
    private readonly rpc: RpcClient,
    private readonly deadlineMs: number,
  ) {}

  decide(question: PolicyQuestion): Promise<PolicyDecision> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#send());
    });
  }

  /** Hands a bundle to Smart City; rejects with `RpcUnavailable` when nobody answers. */
  publish(publication: object): Promise<{ revision: number; digest: string } | { failure: Failure }> {
    return this.rpc.call(RpcPattern.publishPolicy, publication, PUBLISH_MS_MAX);
  }

  #send(): void {
    const asked = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < asked.length; from += BATCH_MAX) void this.#ask(asked.slice(from, from + BATCH_MAX));
  }

  async #ask(batch: readonly Asked[]): Promise<void> {
    try {
      const questions = batch.map((asked) => asked.question);
      const reply = await this.rpc.call<{ decisions?: unknown[] } | null>(
        RpcPattern.decide,
        { questions },
        this.deadlineMs,
      );
      for (const [index, asked] of batch.entries()) this.#answer(asked, reply?.decisions?.[index]);
    } catch (error) {
      const detail = error instanceof Error ? error.message : 'Smart City could not answer';
      for (const asked of batch) asked.reject(unavailable(detail));
    }
  }

  #answer(asked: Asked, decision: unknown): void {
    const problem = mismatch(asked.question, decision);
    if (problem === null) asked.resolve(decision as PolicyDecision);
    else asked.reject(unavailable(problem));
  }
}

/** Why an answer does not count, or null. An allowance must be whole: it is what the execution will run under. */
function mismatch(question: PolicyQuestion, answer: unknown): string | null {
  const parsed = PolicyDecision.safeParse(answer);
  if (!parsed.success) return 'the decision is malformed';
  const decision = parsed.data;
  if (decision.decisionId !== question.decisionId) return 'the decision answers another question';
  if (decision.tenantId !== question.principal.tenantId) return 'the decision is for another tenant';
  if (decision.inputDigest !== question.inputDigest) return 'the decision judged another input';
  if (decision.effect !== 'deny' && decision.obligations === null) return 'the decision allows without obligations';
  return null;
}

const unavailable = (detail: string): FailureError =>
  new FailureError(
    failure('policy_unavailable', detail, { remedy: 'try again with the same idempotency key', retryAfterMs: 1_000 }),
  );
