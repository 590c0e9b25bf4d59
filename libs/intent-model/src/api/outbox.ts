import { z } from 'zod';
import { Instant, JsonObjectSchema } from '../names.js';
import { ExecutionId } from './executions.js';

/** `<streamId>/<seq>` of the record: the CloudEvent's id, the same however often it is published. */
const EventId = z.string().min(1);

/** A domain event as the outbox sees it. */
export const OutboxEntry = z
  .object({
    eventId: EventId,
    executionId: ExecutionId,
    eventType: z.string(),
    eventData: JsonObjectSchema,
    createdAt: Instant,
    published: z.boolean(),
    /** Null also when it is so long ago that nobody knows. */
    publishedAt: Instant.nullable(),
    /** The broker refused it for good, and it was not published since. */
    dead: z.boolean(),
  })
  .meta({ id: 'OutboxEntry' });
export type OutboxEntry = z.infer<typeof OutboxEntry>;

/** `GET /v1/outbox/entries`: the events of one execution, in their order. */
export const OutboxEntriesReply = z.object({ entries: z.array(OutboxEntry) }).meta({ id: 'OutboxEntries' });
export type OutboxEntriesReply = z.infer<typeof OutboxEntriesReply>;

export const DeadLetter = z
  .object({
    eventId: EventId,
    executionId: z.string(),
    eventType: z.string(),
    createdAt: Instant,
    diedAt: Instant,
    /** Why the broker refused it last, and how often it did. */
    reason: z.string(),
    attempts: z.int().positive(),
    /** It will be tried once more. */
    redriveAsked: z.boolean(),
    /** When it was published after all. */
    redrivenAt: Instant.nullable(),
  })
  .meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof DeadLetter>;

/** `GET /v1/outbox` */
export const OutboxReply = z
  .object({
    broker: z.enum(['none', 'kafka', 'redis']),
    /** What the replica that was asked does. `standby`: another one publishes. */
    state: z.enum(['off', 'unavailable', 'standby', 'publishing']),
    /** What keeps events from leaving, as this replica knows. */
    problem: z.string().nullable(),
    /** Partitions with entries that were not looked at yet; `events` is what they are known to hold, null in standby. */
    pending: z.array(
      z.object({ partition: z.int(), entries: z.int().positive(), events: z.int().nonnegative().nullable() }),
    ),
    halted: z.array(z.object({ partition: z.int(), finding: z.string() })),
    /** The tenant's, newest first, at most 100. */
    deadLetters: z.array(DeadLetter),
  })
  .meta({ id: 'Outbox' });
export type OutboxReply = z.infer<typeof OutboxReply>;

/** `POST /v1/outbox/dead-letters/{eventId}/redrive` */
export const RedriveReply = z.object({ eventId: EventId, redriveAsked: z.literal(true) }).meta({ id: 'Redrive' });
export type RedriveReply = z.infer<typeof RedriveReply>;
