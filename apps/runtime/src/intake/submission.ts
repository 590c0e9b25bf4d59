import {
  type Failure,
  failure,
  IdempotencyKey,
  type Intent,
  IntentSubmission,
  type Principal,
  realmOf,
} from '@intendant/intent-model';
import {
  canonicalJson,
  digestOf,
  err,
  inOrder,
  type JsonObject,
  ok,
  parseStrictJson,
  pointerOf,
  type Result,
  sha256Hex,
} from '@intendant/kernel';
import { identityMismatches, isIdentityField, type Mismatch, withoutIdentity } from './identity-override.js';

/** An HTTP request as far as intake looks at it. */
export interface IntakeRequest {
  readonly body: Buffer;
  /** The body, where it was read before. */
  readonly object?: Result<JsonObject, Failure>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly correlationId: string;
  /** W3C Trace Context that the work for this request belongs to. */
  readonly traceparent: string | null;
  /** Digest of the key under which the Runtime itself submits; a caller's own key is its headers' or body's. */
  readonly keyDigest?: string;
}

/** A submission that is well-formed and claims no other identity. */
export interface Submission {
  readonly intentType: string;
  readonly sessionId: string;
  readonly payload: JsonObject;
  readonly payloadDigest: string;
  readonly fingerprint: string;
  readonly keyDigest: string | null;
  readonly idempotencyKey: string | null;
  readonly correlationId: string;
  readonly traceparent: string | null;
  readonly body: IntentSubmission;
}

export interface Unacceptable {
  readonly found: Failure;
  readonly mismatches?: readonly Mismatch[];
}

/** Strict JSON object of a body, or the failure that names the place. */
export function readObject(body: Buffer): Result<JsonObject, Failure> {
  const parsed = parseStrictJson(body);
  if (!parsed.ok) {
    const { reason, message, pointer } = parsed.error;
    return err(failure('malformed_json', message, { field: pointer, extra: { reason } }));
  }
  const value = parsed.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return err(failure('invalid_request', 'the body must be a JSON object', { field: '' }));
  return ok(value as JsonObject);
}

/** What is wrong with a query in which a parameter is neither one of `own` nor says who asks; null when all are. */
export function unknownParameter(query: Readonly<Record<string, unknown>>, own: readonly string[]): Failure | null {
  const name = Object.keys(query).find((one) => !own.includes(one) && !isIdentityField(one));
  return name === undefined
    ? null
    : failure('invalid_request', `Unrecognized key: "${name}"`.slice(0, 256), { field: `query ${name}`.slice(0, 256) });
}

/** What the Runtime writes into the metadata of intents, and believes: no submitter may. */
const OWN_METADATA = ['parentExecutionId', 'retryOf', 'retrySignal', 'traceparent'] as const;

/** Reads `POST /v1/intents`: strict JSON, identity, schema, realm, key; nothing of it is stored here. */
export function readSubmission(principal: Principal, request: IntakeRequest): Result<Submission, Unacceptable> {
  const object = request.object ?? readObject(request.body);
  if (!object.ok) return err({ found: object.error });
  const mismatches = identityMismatches(principal, object.value, request.headers, request.query);
  if (mismatches.length > 0) return err({ found: identityOverride(mismatches), mismatches });
  const unknown = unknownParameter(request.query, []);
  if (unknown !== null) return err({ found: unknown });
  const parsed = IntentSubmission.safeParse(withoutIdentity(object.value));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const extra = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    const field = pointerOf([...((issue?.path ?? []) as (string | number)[]), ...extra]);
    return err({ found: failure('invalid_request', issue?.message ?? 'malformed', { field }) });
  }
  const body = parsed.data;
  const ours = OWN_METADATA.find((name) => Object.hasOwn(body.metadata ?? {}, name));
  if (ours !== undefined && request.keyDigest === undefined)
    return err({
      found: failure('invalid_request', 'only the Runtime itself writes this', { field: `/metadata/${ours}` }),
    });
  if (body.realm !== undefined && body.realm !== realmOf(body.intentType))
    return err({
      found: failure('invalid_request', `realm must be ${realmOf(body.intentType)}, as the intent type says`, {
        field: '/realm',
      }),
    });
  const key = readKey(request, body);
  if (!key.ok) return err({ found: key.error });
  return ok(submissionOf(principal, request, body, object.value['payload'] as JsonObject, key.value));
}

export const identityOverride = (mismatches: readonly Mismatch[]): Failure =>
  failure('identity_override', `${mismatches.length} field(s) disagree with the token`, {
    field: mismatches[0]?.field as string,
    remedy:
      'leave identity fields out: tenant, user, roles and mode come from the token, ids and times from the server',
    extra: { mismatches },
  });

function readKey(request: IntakeRequest, body: IntentSubmission): Result<string | null, Failure> {
  const header = request.headers['idempotency-key'];
  const given = Array.isArray(header) ? header.join(',') : header;
  const checked = IdempotencyKey.optional().safeParse(given);
  if (!checked.success)
    return err(
      failure('invalid_request', checked.error.issues[0]?.message ?? 'malformed', { field: 'header idempotency-key' }),
    );
  if (given !== undefined && body.idempotencyKey !== undefined && given !== body.idempotencyKey)
    return err(failure('invalid_request', 'header and body name different keys', { field: '/idempotencyKey' }));
  return ok(given ?? body.idempotencyKey ?? null);
}

/** Without tags it is what it was before there were any. */
const fingerprintOf = (
  payloadDigest: string,
  { intentType, sessionId, solutionId, solutionContext }: IntentSubmission,
  skipTags: readonly string[] | null,
): string =>
  digestOf([
    intentType,
    sessionId,
    payloadDigest,
    solutionId ?? null,
    solutionContext ?? null,
    ...(skipTags === null ? [] : [skipTags]),
  ]);

/** Whether a key is bound to this very intent. An empty list of tags once made another one than none; keys are bound for ever. */
export const isIntentOf = (bound: string, { fingerprint, payloadDigest, body }: Submission): boolean =>
  bound === fingerprint || ((body.skipTags ?? []).length === 0 && bound === fingerprintOf(payloadDigest, body, []));

function submissionOf(
  principal: Principal,
  request: IntakeRequest,
  body: IntentSubmission,
  rawPayload: JsonObject,
  key: string | null,
): Submission {
  // The payload as it was sent, not as a schema library rebuilt it: what is judged is what runs.
  const payload = inOrder(rawPayload);
  const payloadDigest = sha256Hex(canonicalJson(payload));
  const { intentType, sessionId, skipTags = [] } = body;
  return {
    intentType,
    sessionId,
    payload,
    payloadDigest,
    fingerprint: fingerprintOf(payloadDigest, body, skipTags.length === 0 ? null : [...skipTags].sort()),
    keyDigest: request.keyDigest ?? (key === null ? null : keyDigestOf(principal, key)),
    idempotencyKey: key,
    correlationId: body.metadata?.correlationId ?? request.correlationId,
    traceparent: request.traceparent,
    body,
  };
}

/** The key that a request names, as far as it says where its execution belongs; whether it may be one is judged there. */
export function keyNamedIn({ headers, object }: IntakeRequest): string | null {
  const header = headers['idempotency-key'];
  if (typeof header === 'string') return header;
  const inBody = object?.ok === true ? object.value['idempotencyKey'] : null;
  return typeof inBody === 'string' ? inBody : null;
}

/** With a key every holder agrees on the slot. */
export const slotOfDigest = (keyDigest: string): number => Number.parseInt(keyDigest.slice(0, 4), 16);

/** Keys are scoped to tenant and principal: the same text of two users is two keys. */
export const keyDigestOf = (principal: Principal, key: string): string =>
  digestOf(['idempotency-key', principal.tenantId, principal.userId, key]);

/** The intent as it is recorded. */
export function intentOf(principal: Principal, submission: Submission, intentId: string, createdAt: string): Intent {
  const { body } = submission;
  // Members stand in canonical order, so that recording the intent sorts nothing.
  return {
    correlationId: submission.correlationId,
    createdAt,
    intentId,
    intentType: submission.intentType,
    metadata: inOrder(metadataOf(submission)),
    mode: principal.mode,
    payload: submission.payload as Intent['payload'],
    payloadDigest: submission.payloadDigest,
    realm: realmOf(submission.intentType),
    roles: principal.roles,
    sessionId: submission.sessionId,
    solutionContext: inOrder(body.solutionContext ?? null),
    solutionId: body.solutionId ?? null,
    tenantId: principal.tenantId,
    userId: principal.userId,
  };
}

/** What was sent, and the trace that goes on with the execution wherever and whenever it runs. */
const metadataOf = ({ body, traceparent }: Submission): Intent['metadata'] =>
  traceparent === null ? (body.metadata ?? {}) : { ...body.metadata, traceparent };
