import { ExecutionId, FailureError, failure, IntentType, MetricsRange, SessionId } from '@intendant/intent-model';
import { EXECUTION_STATUSES, executionPlaceOf, recordPlaceOf } from '@intendant/read-model';
import { auditOf, contentOf, RECORD_CATALOGUE, type RecordType, refusalsOf } from '@intendant/wal';
import { z } from 'zod';
import type {} from 'zod-openapi';

const LIMIT_MAX = 200;
const LIMIT_DEFAULT = 50;

export const Limit = z
  .string()
  .regex(/^\d{1,4}$/, `must be a whole number from 1 to ${LIMIT_MAX}`)
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= LIMIT_MAX, `must be a whole number from 1 to ${LIMIT_MAX}`)
  .default(LIMIT_DEFAULT)
  .meta({ override: { type: 'integer', pattern: undefined, minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT } });

const RECORD_TYPES = Object.keys(RECORD_CATALOGUE) as [RecordType, ...RecordType[]];

const Time = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 instant such as 2026-05-04T10:00:00.000Z' })
  .transform((text) => new Date(text))
  .refine((instant) => /^(?!0000)\d{4}-/.test(instant.toISOString()), 'must lie in the years 0001 to 9999 (UTC)');

export const cursorFor = <T>(placeOf: (cursor: string) => T | null) =>
  z.string().transform((text, context) => {
    const place = placeOf(text);
    if (place !== null) return place;
    context.addIssue({ code: 'custom', message: 'must be the nextCursor of an earlier answer' });
    return z.NEVER;
  });

/** Streams of a tenant whose writes are about no execution and no session, by the names that callers use. */
export const TENANT_STREAMS = { audit: auditOf, content: contentOf, refusals: refusalsOf } as const;

const TenantStream = z.enum(Object.keys(TENANT_STREAMS) as (keyof typeof TENANT_STREAMS)[]);

/** What a caller wrote to: every answer to a write says it, or is one of a kind that is always recorded in one stream. */
export const WaitFor = z
  .union([ExecutionId, SessionId, TenantStream], 'must be an execution id, a session id, audit, content or refusals')
  .optional()
  .meta({
    description:
      'What the answer must know of, as far as it is recorded now: an execution, a session, or `audit`, `content`, ' +
      '`refusals`: what the tenant’s stream of that name holds.',
  });

/** What every list takes. */
const common = {
  sessionId: SessionId.optional(),
  intentType: IntentType.optional(),
  from: Time.optional(),
  to: Time.optional(),
  limit: Limit,
  waitFor: WaitFor,
};

export const ExecutionsQuery = z.strictObject({
  ...common,
  status: z.enum(EXECUTION_STATUSES).optional(),
  cursor: cursorFor(executionPlaceOf).optional(),
});

export const RecordsQuery = z.strictObject({
  ...common,
  executionId: ExecutionId.optional(),
  type: z.enum(RECORD_TYPES, 'must be a record type').optional(),
  cursor: cursorFor(recordPlaceOf).optional(),
});

export const StuckQuery = z.strictObject({
  limit: Limit,
  waitFor: common.waitFor,
  cursor: cursorFor(executionPlaceOf).optional(),
});

export const MetricsQuery = z.strictObject({
  range: MetricsRange.default('24h').meta({ description: 'How far back from now.' }),
  waitFor: WaitFor,
});

/** Pages of `GET /v1/refusals`: newest first, from before a seq on. */
export const RefusalsQuery = z.strictObject({
  before: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the nextBefore of an earlier answer')
    .transform(Number)
    .optional(),
  limit: Limit,
});

/** The query's parameters; throws `invalid_request` naming the first that is wrong or unknown. */
export function readQuery<T extends z.ZodObject>(schema: T, query: Readonly<Record<string, unknown>>): z.infer<T> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0];
  const given = query[String(name)];
  const message = Array.isArray(given) ? 'must be given once' : (issue?.message ?? 'malformed');
  throw new FailureError(failure('invalid_request', message, { field: `query ${String(name)}` }));
}
