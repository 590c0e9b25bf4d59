import { z } from 'zod';
import { CorrelationId } from '../intent.js';
import { Instant, Name } from '../names.js';
import { SessionId } from '../session.js';
import { ExecutionId, ShownObject } from './executions.js';

/** A record of the log, whatever its type; `data` is as the record catalogue says. */
export const EventRecord = z
  .object({
    /** Place in its stream, dense from 1. */
    seq: z.int().positive(),
    type: z.string(),
    /** Version of the shape of `data`. */
    v: z.int().positive(),
    tenantId: Name,
    sessionId: SessionId.nullable(),
    executionId: z.string().nullable(),
    intentId: z.uuid().nullable(),
    correlationId: CorrelationId.nullable(),
    /** Seq of the record that caused this one. */
    causationSeq: z.int().positive().nullable(),
    /** `user:<id>`, `service:<name>` or `runtime`. */
    actor: z.string(),
    /** Information only: order is `seq`. */
    occurredAt: Instant,
    data: ShownObject,
  })
  .meta({ id: 'LogRecord' });
export type EventRecord = z.infer<typeof EventRecord>;

/** `GET /v1/executions/{executionId}/events`; `nextAfter` is the `after` of the next page. */
export const EventsReply = z
  .object({ executionId: ExecutionId, records: z.array(EventRecord), nextAfter: z.int().positive().nullable() })
  .meta({ id: 'EventsPage' });
export type EventsReply = z.infer<typeof EventsReply>;
