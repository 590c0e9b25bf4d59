import { type CanonicalPolicy, centsOf, fieldOf } from './canonical-policy.js';
import { isOrdered } from './dates.js';
import { MOVING_ROUTES, type Route } from './routing-rules.js';

/** A policy as the gates see it. */
export interface GateSubject {
  readonly policyId: string;
  readonly route: Route;
  readonly score: number;
  readonly confidence: number;
  readonly canonical: CanonicalPolicy;
}

/** What the new system says about itself. */
export interface TargetReadiness {
  readonly accepting: boolean;
  readonly capacity: number;
}

export type ValidationRule = 'dates_in_order' | 'premium_positive' | 'limits_positive';

export interface GateSettings {
  readonly dataQuality: { readonly minScore: number };
  readonly completeness: { readonly requiredFields: readonly string[] };
  readonly validation: { readonly rules: readonly ValidationRule[] };
  readonly mappingConfidence: { readonly minConfidence: number };
}

export type GateName = 'data_quality' | 'completeness' | 'validation' | 'mapping_confidence' | 'target_readiness';

export interface GateFinding {
  readonly gate: GateName;
  readonly passed: boolean;
  /** Policies that the gate stops. */
  readonly policyIds: readonly string[];
  readonly reason: string;
}

export const DEFAULT_GATES: GateSettings = {
  dataQuality: { minScore: 0.8 },
  completeness: { requiredFields: ['policy_core.status', 'policy_core.effective_date', 'policy_core.policy_type'] },
  validation: { rules: ['dates_in_order', 'premium_positive', 'limits_positive'] },
  mappingConfidence: { minConfidence: 0.8 },
};

const isPositive = (decimal: string | null | undefined): boolean => decimal != null && centsOf(decimal) > 0;

const RULES: Readonly<Record<ValidationRule, (policy: CanonicalPolicy) => boolean>> = {
  dates_in_order: ({ policy_core: core }) => isOrdered(core.effective_date, core.expiration_date),
  premium_positive: ({ rating_components: rating }) => isPositive(rating.premium_amount),
  limits_positive: ({ coverage_sections: sections }) => sections.every(({ limits }) => isPositive(limits.amount)),
};

/** Every gate's finding, in order, about the policies that would be written into the new system. */
export function judgeGates(
  subjects: readonly GateSubject[],
  settings: GateSettings,
  target: TargetReadiness,
): readonly GateFinding[] {
  const moving = subjects.filter(({ route }) => MOVING_ROUTES.has(route));
  const { dataQuality, completeness, validation, mappingConfidence } = settings;
  return [
    finding('data_quality', moving, ({ score }) => score >= dataQuality.minScore, `below ${dataQuality.minScore}`),
    finding(
      'completeness',
      moving,
      ({ canonical }) => completeness.requiredFields.every((path) => fieldOf(canonical, path) != null),
      `one of ${completeness.requiredFields.join(', ')} is missing`,
    ),
    finding(
      'validation',
      moving,
      ({ canonical }) => validation.rules.every((rule) => RULES[rule](canonical)),
      `one of ${validation.rules.join(', ')} does not hold`,
    ),
    finding(
      'mapping_confidence',
      moving,
      ({ confidence }) => confidence >= mappingConfidence.minConfidence,
      `below ${mappingConfidence.minConfidence}`,
    ),
    readinessFinding(moving, target),
  ];
}

function finding(
  gate: GateName,
  moving: readonly GateSubject[],
  passes: (subject: GateSubject) => boolean,
  reason: string,
): GateFinding {
  const policyIds = moving.filter((subject) => !passes(subject)).map(({ policyId }) => policyId);
  return { gate, passed: policyIds.length === 0, policyIds, reason: policyIds.length === 0 ? 'passed' : reason };
}

/** Stops the policies that the new system has no room for; all of them when it accepts none. */
function readinessFinding(moving: readonly GateSubject[], target: TargetReadiness): GateFinding {
  const stopped = target.accepting ? moving.slice(Math.max(0, target.capacity)) : moving;
  const passed = stopped.length === 0;
  const why = target.accepting ? `it has room for ${target.capacity} more policies` : 'it accepts no policies';
  return {
    gate: 'target_readiness',
    passed,
    policyIds: stopped.map(({ policyId }) => policyId),
    reason: passed ? 'passed' : why,
  };
}
