import type { RateRule } from '@intendant/intent-model';
import { denied, type Finding, type Inquiry, NOT_APPLICABLE, PASSED, passedBy } from '../inquiry.js';

/** The session exists, is active, and belongs to whoever asks. A missing and a foreign one get the same answer. */
export function checkSession({ question }: Inquiry): Finding {
  if (!question.sessionRequired) return NOT_APPLICABLE;
  const { session, principal } = question;
  const isUsable =
    session !== null &&
    session.status === 'active' &&
    session.tenantId === principal.tenantId &&
    session.userId === principal.userId;
  return isUsable ? PASSED : denied('session_invalid');
}

/** Every rate that covers the action has a token left. Text that is no action is counted against the `*` rates. */
export function checkRate({ question, policy, ports, segments, nowMs }: Inquiry): Finding {
  if (policy.rates.length === 0) return NOT_APPLICABLE;
  const rates: RateRule[] = [];
  for (const { rule, actions } of policy.rates) {
    if (segments === undefined ? rule.action === '*' : actions.covers(question.action, segments)) rates.push(rule);
  }
  if (rates.length === 0) return NOT_APPLICABLE;
  const { tenantId, userId } = question.principal;
  const refusal = ports.takeTokens(rates, tenantId, userId, nowMs);
  if (refusal === null) return passedBy(rates.map((rate) => rate.id));
  return denied('rate_limited', [refusal.rateId], { retryAfterMs: refusal.retryAfterMs });
}
