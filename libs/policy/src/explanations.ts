import type { ErrorCode } from '@intendant/intent-model';

/** What a caller may read about a denial. Names no rule, no other user, no other tenant. */
export interface Explanation {
  readonly reason: string;
  readonly remedy: string;
}

const because = (reason: string, remedy: string): Explanation => ({ reason, remedy });
const ASK_ADMINISTRATOR = 'Ask your tenant’s administrator.';

/** Every way a decision can fall short of `allow`. */
export const EXPLANATIONS = {
  session_invalid: because('The session does not exist, is closed, or is not yours.', 'Open a new session.'),
  rate_limited: because('Too many requests.', 'Wait for the given time, then repeat the request.'),
  unauthenticated: because('The principal is incomplete.', 'Present a token that names tenant, user and mode.'),
  tenant_mismatch: because('The principal does not belong to the tenant.', 'Use a token of the tenant.'),
  action_not_permitted: because('Your roles do not permit this action.', ASK_ADMINISTRATOR),
  tenant_suspended: because('The tenant is suspended.', ASK_ADMINISTRATOR),
  cross_tenant_denied: because('The action crosses tenants.', 'Name only things of your own tenant.'),
  realm_inactive: because('The realm is not active for the tenant.', ASK_ADMINISTRATOR),
  intent_not_enabled: because('The intent is not enabled for the tenant.', ASK_ADMINISTRATOR),
  mode_not_allowed: because('The execution mode is not allowed.', 'Use a token with a mode that the tenant accepts.'),
  data_access_denied: because('A data reference does not exist or may not be used.', 'Check the references.'),
  boundary_contract_refused: because('Data of this kind may not cross the boundary.', ASK_ADMINISTRATOR),
  materialization_denied: because(
    'The data may not be kept.',
    'Propose a boundary contract first, and use it in time.',
  ),
  policy_missing: because('The tenant has no policy.', 'Have a policy published for the tenant.'),
  policy_evaluation_failed: because(
    'The tenant’s policy cannot be evaluated.',
    'Have the policy corrected and published.',
  ),
  policy_unavailable: because('The policies on hand may be out of date.', 'Repeat the request later.'),
} as const satisfies Partial<Record<ErrorCode, Explanation>>;

/** Of a decision that denies nothing, and lets nothing start yet. */
export const APPROVAL_REQUIRED: Explanation = because(
  'The intent needs an approval.',
  'Ask somebody else who may approve it to send the signal approve.',
);

export type DenialCode = keyof typeof EXPLANATIONS;
