import type { PolicyDecision, PolicyQuestion, PolicyStep } from '@intendant/intent-model';
import { APPROVAL_REQUIRED, EXPLANATIONS } from './explanations.js';
import type { Denial, Inquiry } from './inquiry.js';

export type Denied = Pick<Denial, 'code' | 'reason' | 'retryAfterMs'>;

/** Stands for the digest of a policy that is not there. */
export const NO_POLICY_DIGEST = '0'.repeat(64);

const NOTHING_TO_SAY = { reason: null, remedy: null } as const;

/*
 * Members stand in canonical order (RFC 8785): a decision is recorded as it comes, and sorting it again would be paid for
 * by every intent.
 */

/** No check denied it: what was asked may run under these obligations, at once or once somebody has approved it. */
export function allow(inquiry: Inquiry, steps: PolicyStep[]): PolicyDecision {
  const { approval, question, policy, nowMs, ports } = inquiry;
  const { reason, remedy } = approval === null ? NOTHING_TO_SAY : APPROVAL_REQUIRED;
  return {
    code: approval === null ? null : 'approval_required',
    decidedAt: new Date(nowMs).toISOString(),
    decidedBy: ports.decidedBy,
    decisionId: question.decisionId,
    effect: approval === null ? 'allow' : 'require_approval',
    inputDigest: question.inputDigest,
    obligations: {
      allowedReferences: question.references.map(({ reference }) => reference),
      ...(approval === null ? {} : { approval: { timeoutSeconds: approval.timeoutSeconds ?? null } }),
      artifactPersistence: policy.bundle.artifactPersistence,
      boundaryContract: inquiry.boundaryContract,
      executionMsMax: inquiry.executionMsMax,
    },
    policyDigest: policy.digest,
    policyRevision: policy.revision,
    reason,
    remedy,
    retryAfterMs: null,
    steps,
    tenantId: question.principal.tenantId,
  };
}

/** It may not run. Carries no obligations. */
export function refuse(
  question: PolicyQuestion,
  finding: Denied,
  steps: PolicyStep[],
  policy: { readonly revision: number; readonly digest: string } | null,
  nowMs: number,
  decidedBy: string,
): PolicyDecision {
  const { reason, remedy } = EXPLANATIONS[finding.code];
  return {
    code: finding.code,
    decidedAt: new Date(nowMs).toISOString(),
    decidedBy,
    decisionId: question.decisionId,
    effect: 'deny',
    inputDigest: question.inputDigest,
    obligations: null,
    policyDigest: policy?.digest ?? NO_POLICY_DIGEST,
    policyRevision: policy?.revision ?? 0,
    reason: finding.reason ?? reason,
    remedy,
    retryAfterMs: finding.retryAfterMs ?? null,
    steps,
    tenantId: question.principal.tenantId,
  };
}
