import type { ErrorCode } from '@intendant/intent-model';

/** What a policy decision about an operation of the platform can end with. */
export const OPERATION_POLICY_CODES = [
  'rate_limited',
  'tenant_mismatch',
  'action_not_permitted',
  'tenant_suspended',
  'mode_not_allowed',
  'policy_missing',
  'policy_evaluation_failed',
  'policy_unavailable',
] as const satisfies readonly ErrorCode[];

/** What a policy decision about an intent can end with. */
export const INTENT_POLICY_CODES = [
  ...OPERATION_POLICY_CODES,
  'session_invalid',
  'cross_tenant_denied',
  'intent_not_enabled',
  'realm_inactive',
  'data_access_denied',
  'boundary_contract_refused',
  'materialization_denied',
] as const satisfies readonly ErrorCode[];
