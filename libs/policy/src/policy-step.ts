import type { PolicyStep } from '@intendant/intent-model';
import { EXPLANATIONS } from './explanations.js';
import { type Finding, NOT_APPLICABLE, PASSED } from './inquiry.js';

/** A place in the order of checks, with the steps that need nothing but the place, made once and never changed. */
export interface StepPlace {
  readonly role: PolicyStep['role'];
  readonly check: string;
  readonly passed: PolicyStep;
  readonly notApplicable: PolicyStep;
  readonly notReached: PolicyStep;
}

export function stepPlace(role: PolicyStep['role'], check: string): StepPlace {
  const bare = (outcome: PolicyStep['outcome']): PolicyStep =>
    Object.freeze({
      check,
      code: null,
      outcome,
      reason: null,
      role,
      ruleIds: Object.freeze([]) as unknown as string[],
    });
  return {
    role,
    check,
    passed: bare('passed'),
    notApplicable: bare('not_applicable'),
    notReached: bare('not_reached'),
  };
}

export function stepOf(place: StepPlace, finding: Finding): PolicyStep {
  if (finding === PASSED) return place.passed;
  if (finding === NOT_APPLICABLE) return place.notApplicable;
  const { role, check } = place;
  const ruleIds = finding.ruleIds as string[];
  if (finding.outcome !== 'denied') return { check, code: null, outcome: finding.outcome, reason: null, role, ruleIds };
  const reason = finding.reason ?? EXPLANATIONS[finding.code].reason;
  return { check, code: finding.code, outcome: 'denied', reason, role, ruleIds };
}
