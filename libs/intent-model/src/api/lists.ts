import { z } from 'zod';
import { Instant, Name } from '../names.js';
import { SessionId } from '../session.js';
import { executionIdentity } from './executions.js';
import { EventRecord } from './records.js';

/** One line of a list: an execution as the read model knows it. */
export const ExecutionSummary = z
  .object({
    ...executionIdentity,
    tenantId: Name,
    sessionId: SessionId,
    userId: Name,
    acceptedAt: Instant,
    settledAt: Instant.nullable(),
    /** Code of the error it failed with. */
    errorCode: z.string().nullable(),
    partition: z.int().nonnegative(),
    lastSeq: z.int().positive(),
  })
  .meta({ id: 'ExecutionSummary' });
export type ExecutionSummary = z.infer<typeof ExecutionSummary>;

/** `GET /v1/executions`; `nextCursor` is the `cursor` of the next page. */
export const ExecutionsReply = z
  .object({
    /** `own` for those who may not see what others of the tenant submitted. */
    scope: z.enum(['tenant', 'own']),
    executions: z.array(ExecutionSummary),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'ExecutionsPage' });
export type ExecutionsReply = z.infer<typeof ExecutionsReply>;

/** `GET /v1/wal/records` */
export const RecordsReply = z
  .object({
    records: z.array(z.object({ ...EventRecord.shape, streamId: z.string() })),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'RecordsPage' });
export type RecordsReply = z.infer<typeof RecordsReply>;
