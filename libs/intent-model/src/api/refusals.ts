import { z } from 'zod';
import { CorrelationId } from '../intent.js';
import { Instant, IntentType, Sha256 } from '../names.js';
import { EventRecord } from './records.js';

const RefusalId = z.string().regex(/^rfs_[0-9a-f]{32}$/);
const CountedRefusals = z.object({ code: z.string(), count: z.int().positive(), windowMs: z.int().positive() });

/** What was refused, and why. An entry that only counts refusals of a flood has `counted` and no id. */
export const RefusalSummary = z
  .object({
    refusalId: RefusalId.nullable(),
    code: z.string().nullable(),
    detail: z.string().nullable(),
    field: z.string().nullable(),
    /** Where the request claimed to be somebody else. */
    mismatches: z.array(z.object({ claimed: z.string(), field: z.string() })).nullable(),
    /** Who asked. */
    actor: z.string().nullable(),
    /** What was asked for when it was no intent, as policy names it; null of an intent and of what was recorded before this was kept. */
    action: z.string().nullable(),
    /** What that was aimed at, as the caller named it. */
    targetId: z.string().nullable(),
    intentType: IntentType.nullable(),
    payloadDigest: Sha256.nullable(),
    decisionId: z.string().nullable(),
    correlationId: CorrelationId.nullable(),
    occurredAt: Instant.nullable(),
    counted: z.array(CountedRefusals).nullable(),
  })
  .meta({ id: 'RefusalSummary' });
export type RefusalSummary = z.infer<typeof RefusalSummary>;

/** `GET /v1/refusals`, newest first; `nextBefore` is the `before` of the next page, also behind a short one. */
export const RefusalsReply = z
  .object({ refusals: z.array(RefusalSummary), nextBefore: z.int().positive().nullable() })
  .meta({ id: 'RefusalsPage' });
export type RefusalsReply = z.infer<typeof RefusalsReply>;

/** `GET /v1/refusals/{refusalId}` */
export const RefusalReply = z
  .object({ ...RefusalSummary.shape, records: z.array(EventRecord) })
  .meta({ id: 'Refusal' });
export type RefusalReply = z.infer<typeof RefusalReply>;
