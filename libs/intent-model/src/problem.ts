import { z } from 'zod';

/**
 * How a caller may react: `never` (the request is wrong), `later` (same request, after a wait), `same_key` (outcome in
 * doubt: repeat with the same idempotency key), `changed` (repeat after changing something named in the remedy).
 */
export type RetryClass = 'never' | 'later' | 'same_key' | 'changed';

interface ErrorEntry {
  readonly status: number;
  readonly retry: RetryClass;
  readonly title: string;
}

const entry = (status: number, retry: RetryClass, title: string): ErrorEntry => ({ status, retry, title });

/** Every code a caller can meet; each has a page in docs/errors. */
export const ERROR_CATALOGUE = {
  // the request
  malformed_json: entry(400, 'never', 'The body is not strict JSON'),
  invalid_request: entry(400, 'changed', 'A field is missing or wrong'),
  invalid_payload: entry(400, 'changed', "The payload breaks the capability's input contract"),
  body_too_large: entry(413, 'never', 'The body is larger than the limit'),
  unsupported_media_type: entry(415, 'never', 'The body has a content type or encoding that is not accepted here'),
  not_found: entry(404, 'never', 'No such thing here'),
  method_not_allowed: entry(405, 'never', 'This path does not take that method'),
  deferred: entry(501, 'never', 'Not there yet'),
  // identity
  unauthenticated: entry(401, 'changed', 'No valid bearer token'),
  issuer_unavailable: entry(503, 'later', 'The keys of the token’s issuer cannot be had'),
  identity_override: entry(403, 'changed', 'A field claims an identity other than the token’s'),
  // idempotency
  idempotency_key_reused: entry(422, 'changed', 'The key was used with another payload'),
  outcome_unknown: entry(503, 'same_key', 'The append is in doubt'),
  // policy
  session_invalid: entry(403, 'changed', 'The session does not exist, is closed, or is not yours'),
  rate_limited: entry(429, 'later', 'Too many requests'),
  tenant_mismatch: entry(403, 'never', 'The principal does not belong to the tenant'),
  action_not_permitted: entry(403, 'never', 'The roles do not permit this action'),
  tenant_suspended: entry(403, 'later', 'The tenant is suspended'),
  cross_tenant_denied: entry(403, 'never', 'The action crosses tenants'),
  intent_not_enabled: entry(403, 'never', 'The intent is not enabled for the tenant'),
  realm_inactive: entry(403, 'never', 'The realm is not active for the tenant'),
  mode_not_allowed: entry(403, 'never', 'The execution mode is not allowed'),
  execution_limit_exceeded: entry(403, 'changed', 'The capability asks for more time than the tenant allows'),
  data_access_denied: entry(403, 'never', 'A data reference may not be used'),
  live_effect_refused: entry(403, 'never', 'A replay may have no effect'),
  boundary_contract_refused: entry(403, 'never', 'The data may not cross the boundary'),
  materialization_denied: entry(403, 'never', 'The data may not be kept'),
  policy_missing: entry(403, 'later', 'The tenant has no policy'),
  policy_evaluation_failed: entry(403, 'later', 'The tenant’s policy cannot be evaluated'),
  policy_unavailable: entry(503, 'later', 'No policy decision could be had'),
  policy_invalid: entry(422, 'changed', 'The policy bundle does not validate'),
  policy_conflict: entry(409, 'changed', 'The policy revision exists with other content'),
  // signals
  signal_invalid_payload: entry(400, 'changed', 'The signal does not have the shape of its type'),
  authz_reason_required: entry(400, 'changed', 'This signal needs a reason'),
  signal_duplicate: entry(409, 'never', 'The signal id was used for another signal'),
  signal_not_found: entry(404, 'never', 'No such signal'),
  signal_not_applicable: entry(409, 'changed', 'The execution is not in a state for this signal'),
  run_terminal: entry(409, 'never', 'The execution has ended'),
  step_not_found: entry(404, 'never', 'The execution has no such step'),
  step_terminal: entry(409, 'never', 'The step has ended'),
  step_not_terminal: entry(409, 'later', 'The step has not ended'),
  step_not_unknown: entry(409, 'never', 'The outcome of the step is known'),
  step_started: entry(409, 'never', 'The step has started'),
  pivot_passed: entry(409, 'never', 'The saga is past its point of no return'),
  approval_of_own_intent: entry(403, 'changed', 'Nobody approves what they submitted'),
  approval_not_open: entry(409, 'never', 'No such approval is awaited'),
  determinism_violation: entry(500, 'changed', 'The handler did not repeat what it did before'),
  // registry
  capability_not_found: entry(404, 'never', 'No capability answers this intent'),
  capability_unavailable: entry(503, 'later', 'No live participant answers this intent'),
  registration_pending: entry(409, 'later', 'A plan names an intent that nobody has registered yet'),
  registration_refused: entry(409, 'changed', 'The registration breaks a rule of the registry'),
  // content
  digest_mismatch: entry(422, 'changed', 'The bytes do not have the declared digest'),
  content_too_large: entry(413, 'never', 'The content is larger than the limit'),
  content_quota_exceeded: entry(413, 'later', 'The tenant’s content quota is used up'),
  content_not_found: entry(404, 'never', 'No such content'),
  // the platform
  storage_low: entry(503, 'later', 'Free space is below the floor'),
  wal_unavailable: entry(503, 'later', 'The log cannot be written'),
  partition_unavailable: entry(503, 'later', 'No replica holds the partition at the moment'),
  read_model_unavailable: entry(503, 'later', 'Lists and searches are not available'),
  overloaded: entry(503, 'later', 'Too much is in flight'),
  shutting_down: entry(503, 'later', 'The process is draining'),
  log_corrupt: entry(500, 'never', 'The log does not verify'),
  internal_error: entry(500, 'later', 'A defect of the platform'),
  // outcomes of steps
  contract_violation: entry(502, 'never', 'The participant broke its contract'),
  step_timeout: entry(504, 'later', 'The participant did not answer in time'),
  participant_unreachable: entry(503, 'later', 'The participant could not be reached'),
  handler_failed: entry(500, 'later', 'The handler threw'),
  content_corrupt: entry(500, 'never', 'Stored bytes do not have their digest'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** A failure as a value: stable code, safe text, and the place it is about. */
export interface Failure {
  readonly code: ErrorCode;
  readonly detail: string;
  /** JSON Pointer into the body, or the name of a header or parameter. */
  readonly field?: string;
  readonly remedy?: string;
  readonly retryAfterMs?: number;
  /** Further members of the problem document, such as `decisionId` or `mismatches`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export const failure = (code: ErrorCode, detail: string, more: Omit<Failure, 'code' | 'detail'> = {}): Failure => ({
  code,
  detail,
  ...more,
});

/** Carries a {@link Failure} through code that can only throw. */
export class FailureError extends Error {
  constructor(readonly failure: Failure) {
    super(`${failure.code}: ${failure.detail}`);
    this.name = 'FailureError';
  }
}

/** RFC 9457 problem document. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string().optional(),
    field: z.string().optional(),
    remedy: z.string().optional(),
    retry: z.enum(['never', 'later', 'same_key', 'changed']),
    correlationId: z.string().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

/** The problem document of a failure; `type` is a relative URI to the page that explains the code. */
export function problemOf(found: Failure, correlationId?: string): Problem {
  const { status, retry, title } = ERROR_CATALOGUE[found.code];
  return {
    type: `/docs/errors/${found.code}`,
    title,
    status,
    code: found.code,
    detail: found.detail,
    retry,
    ...(found.field === undefined ? {} : { field: found.field }),
    ...(found.remedy === undefined ? {} : { remedy: found.remedy }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...found.extra,
  };
}
