import type { ApprovalRule, BoundaryRule, PolicyBundle, RateRule } from '@intendant/intent-model';
import { AccessRules } from './access-rules.js';
import { ActionMatcher } from './action.js';
import { type AccessJudge, AnswerTable } from './answer-table.js';
import type { ReadBundle } from './read-bundle.js';

interface Scoped<Rule> {
  readonly rule: Rule;
  readonly actions: ActionMatcher;
}

/** One revision of one tenant's policy, made ready to be asked. Nothing in it is shared with another tenant. */
export interface TenantPolicy {
  readonly state: 'ready';
  readonly tenantId: string;
  readonly revision: number;
  readonly digest: string;
  readonly bundle: PolicyBundle;
  readonly judge: AccessJudge;
  readonly realms: ReadonlySet<string>;
  readonly intents: ActionMatcher;
  readonly exceptIntents: ReadonlySet<string>;
  readonly modes: ReadonlySet<string>;
  readonly crossTenantActions: ActionMatcher;
  readonly rates: readonly Scoped<RateRule>[];
  readonly approvals: readonly Scoped<ApprovalRule>[];
  readonly ownership: ReadonlySet<PolicyBundle['data']['ownership'][number]>;
  /** The rule that decides for a source type: its first deny, else its first allow. */
  readonly boundaryRules: ReadonlyMap<string, BoundaryRule>;
}

/** A stored policy that cannot be used; its tenant is denied everything, the others are not concerned. */
export interface BrokenPolicy {
  readonly state: 'broken';
  readonly tenantId: string;
  readonly revision: number;
  readonly digest: string;
}

/** Builds the tenant's own enforcer and look-ups; once per revision, never per decision. */
export async function compilePolicy({ bundle, digest }: ReadBundle): Promise<TenantPolicy> {
  return {
    state: 'ready',
    tenantId: bundle.tenantId,
    revision: bundle.revision,
    digest,
    bundle,
    judge: new AnswerTable(bundle, await AccessRules.of(bundle)),
    realms: new Set(bundle.enabled.realms),
    intents: new ActionMatcher(bundle.enabled.intents),
    exceptIntents: new Set(bundle.enabled.exceptIntents),
    modes: new Set(bundle.limits.modes),
    crossTenantActions: new ActionMatcher(bundle.isolation.allowedCrossTenantActions),
    rates: bundle.rates.map((rule) => ({ rule, actions: new ActionMatcher([rule.action]) })),
    approvals: bundle.approvals.map((rule) => ({ rule, actions: new ActionMatcher(rule.intents) })),
    ownership: new Set(bundle.data.ownership),
    boundaryRules: decidingRules(bundle.boundaryContracts),
  };
}

function decidingRules(rules: readonly BoundaryRule[]): ReadonlyMap<string, BoundaryRule> {
  const deciding = new Map<string, BoundaryRule>();
  for (const rule of rules) {
    const found = deciding.get(rule.sourceType);
    if (found === undefined || (found.effect === 'allow' && rule.effect === 'deny'))
      deciding.set(rule.sourceType, rule);
  }
  return deciding;
}
