import type { PolicyDecision, PolicyQuestion } from '@intendant/intent-model';
import type { Clock } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import { type DecisionPorts, decide, deny } from '@intendant/policy';
import type { RateBuckets } from '../rates/rate-buckets.js';
import type { DecisionMetrics } from './decision-metrics.js';
import type { TenantPolicies } from './tenant-policies.js';

export interface DeciderSettings {
  readonly decidedBy: string;
  /** Beyond this age of the policies on hand, everything is denied. */
  readonly policyAgeMsMax: number;
}

/** Answers questions with the policies on hand. */
export class PolicyDecider {
  readonly #ports: DecisionPorts;

  constructor(
    private readonly policies: TenantPolicies,
    buckets: RateBuckets,
    private readonly clock: Clock,
    private readonly metrics: DecisionMetrics,
    logger: Logger,
    private readonly settings: DeciderSettings,
  ) {
    this.#ports = {
      decidedBy: settings.decidedBy,
      nowMs: () => clock.nowMs(),
      takeTokens: (rates, tenantId, userId, nowMs) => buckets.take(rates, tenantId, userId, nowMs),
      onEvaluationError: (tenantId, error) => logger.error({ err: error, tenantId }, 'policy could not be evaluated'),
    };
  }

  decide(question: PolicyQuestion): PolicyDecision {
    const policy = this.policies.of(question.principal.tenantId);
    const decision = this.isOutOfDate
      ? deny(question, 'policy_unavailable', policy, this.#ports)
      : decide(question, policy, this.#ports);
    this.metrics.count(decision);
    return decision;
  }

  /** The answer to what is no question, as far as it can be told whose it is. */
  refuseMalformed(question: PolicyQuestion): PolicyDecision {
    const decision = deny(question, 'policy_evaluation_failed', null, this.#ports);
    this.metrics.count(decision);
    return decision;
  }

  /** Since the store was last read with success. */
  get policyAgeMs(): number {
    return this.clock.nowMs() - this.policies.checkedAtMs;
  }

  get isOutOfDate(): boolean {
    return this.policyAgeMs > this.settings.policyAgeMsMax;
  }
}
