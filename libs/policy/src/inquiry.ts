import type { ApprovalRule, BoundaryContract, PolicyQuestion, RateRule } from '@intendant/intent-model';
import type { ActionSegments } from './action.js';
import type { DenialCode } from './explanations.js';
import type { TenantPolicy } from './tenant-policy.js';

/** What a decision needs from outside; nothing else may influence it. */
export interface DecisionPorts {
  nowMs(): number;
  /**
   * Takes one token of every rate, or none when one of them is empty. Null when taken, else which rate refused and how
   * long until it would not.
   */
  takeTokens(rates: readonly RateRule[], tenantId: string, userId: string, nowMs: number): RateRefusal | null;
  /** Told when the policy of a tenant could not be evaluated; the question was denied. */
  onEvaluationError(tenantId: string, error: unknown): void;
  /** Who decides: service and instance, for the record. */
  readonly decidedBy: string;
}

export interface RateRefusal {
  readonly rateId: string;
  readonly retryAfterMs: number;
}

/** One question on its way through the checks; they leave here what an allowing decision obliges to. */
export interface Inquiry {
  readonly question: PolicyQuestion;
  readonly policy: TenantPolicy;
  readonly ports: DecisionPorts;
  readonly nowMs: number;
  /** Undefined when the action is no `{area}.{verb}`; authorisation denies it. */
  readonly segments: ActionSegments | undefined;
  readonly isPlatform: boolean;
  executionMsMax: number;
  boundaryContract: { readonly action: 'propose' | 'activate'; readonly contract: BoundaryContract } | null;
  /** The rule that wants somebody's approval first. */
  approval: ApprovalRule | null;
}

/** What one check found. */
export type Finding =
  | { readonly outcome: 'passed' | 'approval_required' | 'not_applicable'; readonly ruleIds: readonly string[] }
  | Denial;

export interface Denial {
  readonly outcome: 'denied';
  readonly code: DenialCode;
  readonly ruleIds: readonly string[];
  /** Replaces the code's own reason; must be as safe as that. */
  readonly reason?: string;
  readonly retryAfterMs?: number;
}

const NO_RULES: readonly string[] = Object.freeze([]);

export const PASSED: Finding = Object.freeze({ outcome: 'passed', ruleIds: NO_RULES });
export const NOT_APPLICABLE: Finding = Object.freeze({ outcome: 'not_applicable', ruleIds: NO_RULES });

export const passedBy = (ruleIds: readonly string[]): Finding => ({ outcome: 'passed', ruleIds });

export const denied = (
  code: DenialCode,
  ruleIds: readonly string[] = NO_RULES,
  more: { reason?: string; retryAfterMs?: number } = {},
): Denial => ({ outcome: 'denied', code, ruleIds, ...more });
