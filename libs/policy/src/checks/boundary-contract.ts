import type { BoundaryContract, PolicyQuestion } from '@intendant/intent-model';
import { type Denial, denied, type Inquiry } from '../inquiry.js';

type Proposal = Extract<PolicyQuestion['boundary'], { phase: 'propose' }>;

/** Phase one: permission to take the data in. How it may be kept stays open; the proposal lapses with the rule's ttl. */
export function proposeContract({ question, policy, nowMs }: Inquiry, proposal: Proposal): BoundaryContract | Denial {
  const rule = policy.boundaryRules.get(proposal.sourceType);
  if (rule === undefined) return denied('boundary_contract_refused');
  if (rule.effect === 'deny') return denied('boundary_contract_refused', [rule.id]);
  return {
    contractId: proposal.contractId,
    tenantId: question.principal.tenantId,
    userId: question.principal.userId,
    status: 'pending',
    sourceType: rule.sourceType,
    sourceIdentifier: proposal.sourceIdentifier,
    materializationType: null,
    scope: null,
    backingStore: null,
    expiresAt: instantAfter(nowMs, rule.ttlSeconds),
    policyBasis: rule.id,
    revision: 1,
  };
}

/**
 * Phase two: permission to keep the data, by the rules of today. A missing, foreign, lapsed or revoked contract gets one
 * answer. A contract that is active already keeps its expiry: asking again does not extend it.
 */
export function activateContract(
  { question, policy, nowMs }: Inquiry,
  contract: BoundaryContract | null,
): BoundaryContract | Denial {
  if (contract === null || !isUsable(contract, question, nowMs)) return denied('materialization_denied');
  const rule = policy.boundaryRules.get(contract.sourceType);
  if (rule === undefined) return denied('materialization_denied');
  if (rule.effect === 'deny') return denied('materialization_denied', [rule.id]);
  const granted = instantAfter(nowMs, rule.ttlSeconds);
  const isKept = contract.status === 'active' && contract.expiresAt !== null && contract.expiresAt < granted;
  return {
    ...contract,
    status: 'active',
    materializationType: rule.materializationType,
    scope: rule.scope,
    backingStore: rule.backingStore,
    expiresAt: isKept ? contract.expiresAt : granted,
    policyBasis: rule.id,
    revision: contract.revision + 1,
  };
}

function isUsable(contract: BoundaryContract, { principal }: PolicyQuestion, nowMs: number): boolean {
  const isOpen = contract.status === 'pending' || contract.status === 'active';
  const isOwn = contract.tenantId === principal.tenantId && contract.userId === principal.userId;
  const isCurrent = contract.expiresAt === null || Date.parse(contract.expiresAt) > nowMs;
  return isOpen && isOwn && isCurrent;
}

const instantAfter = (nowMs: number, seconds: number): string => new Date(nowMs + seconds * 1_000).toISOString();
