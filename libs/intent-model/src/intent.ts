import { z } from 'zod';
import { Instant, IntentType, JsonObjectSchema, Name, Realm, Sha256 } from './names.js';
import { SessionId } from './session.js';

/** Free text that ties requests of one business transaction together. */
export const CorrelationId = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1–128 printable ASCII characters without spaces');

export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1–255 printable ASCII characters without spaces');

export const IntentMetadata = z
  .looseObject({ source: z.string().max(128).optional(), correlationId: CorrelationId.optional() })
  .meta({ id: 'IntentMetadata' });

/** Names steps of a plan that an intent may leave out. */
export const SkipTag = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a lower-case word');

/** Body of `POST /v1/intents`. Identity fields may be repeated; they must agree with the token. */
export const IntentSubmission = z
  .strictObject({
    intentType: IntentType,
    realm: Realm.optional(),
    sessionId: SessionId,
    payload: JsonObjectSchema,
    metadata: IntentMetadata.optional(),
    solutionId: Name.optional(),
    solutionContext: JsonObjectSchema.optional(),
    idempotencyKey: IdempotencyKey.optional(),
    /** Leaves out the steps of a plan that carry one of these tags. */
    skipTags: z.array(SkipTag).max(16).optional(),
  })
  .meta({ id: 'IntentSubmission' });
export type IntentSubmission = z.infer<typeof IntentSubmission>;

/** An intent as it is recorded and handed to a participant: what was sent, plus what the server gave it. */
export const Intent = z
  .object({
    intentId: z.uuid(),
    intentType: IntentType,
    realm: Realm,
    tenantId: Name,
    userId: Name,
    /** Roles and mode of the token, as policy judged them. */
    roles: z.array(Name).max(32),
    mode: Name,
    sessionId: SessionId,
    payload: JsonObjectSchema,
    /** SHA-256 over the canonical payload: what policy judged is what runs. */
    payloadDigest: Sha256,
    metadata: IntentMetadata,
    solutionId: Name.nullable(),
    solutionContext: JsonObjectSchema.nullable(),
    correlationId: CorrelationId,
    createdAt: Instant,
  })
  .meta({ id: 'Intent' });
export type Intent = z.infer<typeof Intent>;
