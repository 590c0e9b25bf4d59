import { PLATFORM_REALM, type PolicyDecision, type PolicyQuestion, type PolicyStep } from '@intendant/intent-model';
import { segmentsOf } from './action.js';
import { checkApproval, checkEnabled, checkIsolation, checkLimits, checkTenant } from './checks/city-manager.js';
import { checkBoundary, checkReferences } from './checks/data-steward.js';
import { checkAuthentication, checkAuthorization } from './checks/security-guard.js';
import { checkRate, checkSession } from './checks/traffic-cop.js';
import { allow, type Denied, refuse } from './decision.js';
import { type DecisionPorts, denied, type Finding, type Inquiry } from './inquiry.js';
import { type StepPlace, stepOf, stepPlace } from './policy-step.js';
import type { BrokenPolicy, TenantPolicy } from './tenant-policy.js';

/** The checks in their fixed order: the cheap and fundamental before the dear and particular. */
const PIPELINE: readonly { readonly place: StepPlace; readonly run: (inquiry: Inquiry) => Finding }[] = [
  { place: stepPlace('traffic_cop', 'session'), run: checkSession },
  { place: stepPlace('traffic_cop', 'rate'), run: checkRate },
  { place: stepPlace('security_guard', 'authentication'), run: checkAuthentication },
  { place: stepPlace('security_guard', 'authorization'), run: checkAuthorization },
  { place: stepPlace('city_manager', 'tenant'), run: checkTenant },
  { place: stepPlace('city_manager', 'isolation'), run: checkIsolation },
  { place: stepPlace('city_manager', 'enabled'), run: checkEnabled },
  { place: stepPlace('city_manager', 'limits'), run: checkLimits },
  { place: stepPlace('city_manager', 'approval'), run: checkApproval },
  { place: stepPlace('data_steward', 'references'), run: checkReferences },
  { place: stepPlace('data_steward', 'boundary'), run: checkBoundary },
];

/**
 * Decides one question: every check in order, the first denial stops, the outcome of each is in the answer. Without a
 * usable policy nothing is checked and everything is denied; so is what throws.
 */
export function decide(
  question: PolicyQuestion,
  policy: TenantPolicy | BrokenPolicy | null,
  ports: DecisionPorts,
): PolicyDecision {
  if (policy === null) return deny(question, 'policy_missing', null, ports);
  if (policy.state === 'broken') return deny(question, 'policy_evaluation_failed', policy, ports);
  const inquiry = inquiryOf(question, policy, ports);
  const steps: PolicyStep[] = [];
  for (const { place, run } of PIPELINE) {
    const finding = guarded(run, inquiry);
    steps.push(stepOf(place, finding));
    if (finding.outcome === 'denied') {
      addNotReached(steps);
      return refuse(question, finding, steps, policy, inquiry.nowMs, ports.decidedBy);
    }
  }
  return allow(inquiry, steps);
}

/** A denial that no check was needed for, for example because the policies on hand may be out of date. */
export function deny(
  question: PolicyQuestion,
  code: Denied['code'],
  known: { readonly revision: number; readonly digest: string } | null,
  ports: DecisionPorts,
): PolicyDecision {
  const steps: PolicyStep[] = [];
  addNotReached(steps);
  return refuse(question, denied(code), steps, known, ports.nowMs(), ports.decidedBy);
}

const inquiryOf = (question: PolicyQuestion, policy: TenantPolicy, ports: DecisionPorts): Inquiry => ({
  question,
  policy,
  ports,
  nowMs: ports.nowMs(),
  segments: segmentsOf(question.action),
  isPlatform: question.realm === PLATFORM_REALM,
  executionMsMax: 1,
  boundaryContract: null,
  approval: null,
});

function guarded(run: (inquiry: Inquiry) => Finding, inquiry: Inquiry): Finding {
  try {
    return run(inquiry);
  } catch (error) {
    inquiry.ports.onEvaluationError(inquiry.policy.tenantId, error);
    return denied('policy_evaluation_failed');
  }
}

function addNotReached(steps: PolicyStep[]): void {
  for (let index = steps.length; index < PIPELINE.length; index += 1) {
    steps.push((PIPELINE[index] as (typeof PIPELINE)[number]).place.notReached);
  }
}
