import { PlatformOperation } from '@intendant/intent-model';
import { denied, type Finding, type Inquiry, PASSED, passedBy } from '../inquiry.js';

const platformOperations: ReadonlySet<string> = new Set(PlatformOperation.options);

/** The principal is complete and a member of the tenant whose policy is asked. */
export function checkAuthentication({ question, policy }: Inquiry): Finding {
  const { tenantId, userId, roles, mode } = question.principal;
  if (tenantId === '' || userId === '' || mode === '' || !Array.isArray(roles)) return denied('unauthenticated');
  return tenantId === policy.tenantId ? PASSED : denied('tenant_mismatch');
}

/** A rule allows one of the principal's roles the action in the realm, and no rule denies it to any of them. */
export function checkAuthorization({ question, policy, segments, isPlatform }: Inquiry): Finding {
  if (segments === undefined) return denied('action_not_permitted');
  if (isPlatform && !platformOperations.has(question.action)) return denied('action_not_permitted');
  const answer = policy.judge.action(question.principal.roles, question.realm, segments);
  return answer.effect === 'allow' ? passedBy(answer.ruleIds) : denied('action_not_permitted', answer.ruleIds);
}
