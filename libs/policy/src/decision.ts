import type { PolicyDecision, PolicyQuestion, PolicyStep } from '@intendant/intent-model';
import { EXPLANATIONS } from './explanations.js';
import type { Denial, Inquiry } from './inquiry.js';

export type Denied = Pick<Denial, 'code' | 'reason' | 'retryAfterMs'>;

/** Stands for the digest of a policy that is not there. */
export const NO_POLICY_DIGEST = '0'.repeat(64);

/** Every check passed: what was asked may run, under these obligations. */
export function allow(inquiry: Inquiry, steps: PolicyStep[]): PolicyDecision {
  const { question, policy, nowMs, ports } = inquiry;
  return {
    decisionId: question.decisionId,
    tenantId: question.principal.tenantId,
    effect: 'allow',
    steps,
    obligations: {
      executionMsMax: inquiry.executionMsMax,
      allowedReferences: question.references.map(({ reference }) => reference),
      boundaryContract: inquiry.boundaryContract,
      artifactPersistence: policy.bundle.artifactPersistence,
    },
    code: null,
    reason: null,
    remedy: null,
    retryAfterMs: null,
    policyRevision: policy.revision,
    policyDigest: policy.digest,
    inputDigest: question.inputDigest,
    decidedBy: ports.decidedBy,
    decidedAt: new Date(nowMs).toISOString(),
  };
}

/** It may not run: not at all, or not without an approval. Carries no obligations. */
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
    decisionId: question.decisionId,
    tenantId: question.principal.tenantId,
    effect: finding.code === 'approval_required' ? 'require_approval' : 'deny',
    steps,
    obligations: null,
    code: finding.code,
    reason: finding.reason ?? reason,
    remedy,
    retryAfterMs: finding.retryAfterMs ?? null,
    policyRevision: policy?.revision ?? 0,
    policyDigest: policy?.digest ?? NO_POLICY_DIGEST,
    inputDigest: question.inputDigest,
    decidedBy,
    decidedAt: new Date(nowMs).toISOString(),
  };
}
