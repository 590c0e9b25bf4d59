import { z } from 'zod';
import { Instant, JsonObjectSchema, Name } from './names.js';

export const SessionId = z.string().regex(/^ses_[0-9a-f]{32}$/, 'must be a session id (ses_ and 32 hex digits)');

/** Body of `POST /v1/sessions`. */
export const SessionOpen = z.strictObject({ context: JsonObjectSchema.default({}) });
export type SessionOpen = z.infer<typeof SessionOpen>;

export const Session = z
  .object({
    sessionId: SessionId,
    tenantId: Name,
    userId: Name,
    status: z.enum(['active', 'closed']),
    context: JsonObjectSchema,
    openedAt: Instant,
    closedAt: Instant.nullable(),
    /** Seq of the last record of the session's stream; an accept cites the revision it saw. */
    revision: z.int().positive(),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;
