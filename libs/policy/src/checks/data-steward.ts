import type { JudgedReference } from '@intendant/intent-model';
import { denied, type Finding, type Inquiry, NOT_APPLICABLE, passedBy } from '../inquiry.js';
import { activateContract, proposeContract } from './boundary-contract.js';

/** Grounds that are no rule of the bundle; a rule's id cannot hold a colon. */
const BY_OWNER = 'builtin:owner';
const BY_GRANT = 'builtin:granted';

/** Longest JSON Pointer that is repeated to the caller. */
const POINTER_CHARS_MAX = 256;

/** Every reference exists and may be used by whoever asks. A missing and a forbidden one get the same answer. */
export function checkReferences(inquiry: Inquiry): Finding {
  const { references } = inquiry.question;
  if (references.length === 0) return NOT_APPLICABLE;
  const grounds = new Set<string>();
  for (const reference of references) {
    const judged = judgeReference(inquiry, reference);
    if (!judged.mayUse) return denied('data_access_denied', judged.ruleIds, { reason: reasonAt(reference.pointer) });
    for (const ruleId of judged.ruleIds) grounds.add(ruleId);
  }
  return passedBy([...grounds]);
}

interface JudgedUse {
  readonly mayUse: boolean;
  readonly ruleIds: readonly string[];
}

const NO_GROUND: JudgedUse = { mayUse: false, ruleIds: [] };

/**
 * A denying rule beats every ground; then owning it, a grant, or an allowing rule is enough. To pass it on takes owning it:
 * who was given something gives it to nobody.
 */
function judgeReference({ question, policy, isPlatform }: Inquiry, reference: JudgedReference): JudgedUse {
  if (!reference.found) return NO_GROUND;
  const { userId, roles } = question.principal;
  const { effect, ruleIds } = policy.judge.data(roles, reference.resourceClass ?? '');
  if (effect === 'deny') return { mayUse: false, ruleIds };
  if (policy.ownership.has('owner') && reference.ownerUserId === userId) return { mayUse: true, ruleIds: [BY_OWNER] };
  if (isPlatform && question.action === 'data.grant') return NO_GROUND;
  const isGranted = (grantee: string): boolean => reference.grantedTo.includes(grantee);
  if (
    policy.ownership.has('granted') &&
    (isGranted(`user:${userId}`) || roles.some((role) => isGranted(`role:${role}`)))
  )
    return { mayUse: true, ruleIds: [BY_GRANT] };
  return policy.ownership.has('role') && effect === 'allow' ? { mayUse: true, ruleIds } : NO_GROUND;
}

const reasonAt = (pointer: string): string | undefined =>
  pointer.length > POINTER_CHARS_MAX ? undefined : `The reference at ${pointer} does not exist or may not be used.`;

/** Data that comes in needs a proposed contract; data that is to be kept needs a proposed or active one. */
export function checkBoundary(inquiry: Inquiry): Finding {
  const { boundary } = inquiry.question;
  if (boundary.phase === 'none') return NOT_APPLICABLE;
  const judged =
    boundary.phase === 'propose' ? proposeContract(inquiry, boundary) : activateContract(inquiry, boundary.contract);
  if ('outcome' in judged) return judged;
  inquiry.boundaryContract = { action: boundary.phase, contract: judged };
  return passedBy([judged.policyBasis]);
}
