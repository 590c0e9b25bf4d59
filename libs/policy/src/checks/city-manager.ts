import { denied, type Finding, type Inquiry, NOT_APPLICABLE, PASSED } from '../inquiry.js';

/** A suspended tenant does nothing but publish the policy that ends its suspension; there is no other way back. */
export function checkTenant({ question, policy, isPlatform }: Inquiry): Finding {
  if (isPlatform && question.action === 'policy.publish') return NOT_APPLICABLE;
  return policy.bundle.tenantState === 'active' ? PASSED : denied('tenant_suspended');
}

/** Nothing of another tenant is touched, unless the tenant's isolation lets this action do so. */
export function checkIsolation({ question, policy, segments }: Inquiry): Finding {
  const { boundary, principal } = question;
  const crosses =
    boundary.phase === 'activate' && boundary.contract !== null && boundary.contract.tenantId !== principal.tenantId;
  if (!crosses) return PASSED;
  const { level } = policy.bundle.isolation;
  const isListed = segments !== undefined && policy.crossTenantActions.covers(question.action, segments);
  const mayCross = level === 'permissive' || (level === 'moderate' && isListed);
  return mayCross ? PASSED : denied('cross_tenant_denied');
}

/** The realm is active and the intent enabled. Operations of the platform are not switched on or off. */
export function checkEnabled({ question, policy, segments, isPlatform }: Inquiry): Finding {
  if (isPlatform) return NOT_APPLICABLE;
  const { action, realm } = question;
  if (segments === undefined || !policy.realms.has(realm) || !policy.realms.has(segments.area))
    return denied('realm_inactive');
  const isEnabled = policy.intents.covers(action, segments) && !policy.exceptIntents.has(action);
  return isEnabled ? PASSED : denied('intent_not_enabled');
}

/** The execution mode is one the tenant accepts; the time of an attempt is cut to what the tenant grants. */
export function checkLimits(inquiry: Inquiry): Finding {
  const { question, policy } = inquiry;
  if (!policy.modes.has(question.principal.mode)) return denied('mode_not_allowed');
  inquiry.executionMsMax = Math.min(question.requestedExecutionMs, policy.bundle.limits.executionMsMax);
  return PASSED;
}

/** Whether somebody must approve it before it starts. The other checks go on: nobody is asked about what may not run anyway. */
export function checkApproval(inquiry: Inquiry): Finding {
  const { question, policy, segments, isPlatform } = inquiry;
  if (isPlatform || segments === undefined || policy.approvals.length === 0) return NOT_APPLICABLE;
  const rule = policy.approvals.find(({ actions }) => actions.covers(question.action, segments))?.rule;
  if (rule === undefined) return PASSED;
  inquiry.approval = rule;
  return { outcome: 'approval_required', ruleIds: [rule.id] };
}
