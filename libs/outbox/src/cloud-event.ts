import { JsonObjectSchema } from '@intendant/intent-model';
import type { LogRecord, StoredEntry } from '@intendant/wal';
import { z } from 'zod';

/**
 * A domain event as CloudEvents 1.0 has it. Beside the standard's own attributes there are extensions, in the standard's
 * alphabet (`a-z0-9`, at most 20).
 */
export const CloudEvent = z.object({
  specversion: z.literal('1.0'),
  /** `<streamId>/<seq>`: the same however often the event is published. */
  id: z.string().min(1),
  /** `/intendant/<tenantId>`. */
  source: z.string().startsWith('/intendant/'),
  type: z.string().min(1),
  /** The execution. */
  subject: z.string().min(1),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: JsonObjectSchema,
  tenantid: z.string().min(1),
  executionid: z.string().min(1),
  /** Number of the record in its execution, in decimal; later events have higher ones, with gaps. */
  sequence: z.string().regex(/^\d+$/),
  /** As the Runtime's own API names the event. */
  eventid: z.string().min(1),
  /** What must stay in order has the same one: the execution. */
  partitionkey: z.string().min(1),
  correlationid: z.string().min(1).optional(),
});
export type CloudEvent = z.infer<typeof CloudEvent>;

type EmittedEvent = Extract<LogRecord, { type: 'event.emitted' }>;

/** The domain events of an entry, in the order of the log; none in most. */
export function cloudEventsOf({ streamId, records }: Pick<StoredEntry, 'streamId' | 'records'>): CloudEvent[] {
  return records.filter((record) => record.type === 'event.emitted').map((record) => cloudEvent(streamId, record));
}

function cloudEvent(streamId: string, record: EmittedEvent): CloudEvent {
  const { seq, tenantId, executionId, correlationId, occurredAt, data } = record;
  const execution = executionId ?? streamId;
  return {
    specversion: '1.0',
    id: `${streamId}/${seq}`,
    source: `/intendant/${encodeURIComponent(tenantId)}`,
    type: data.eventType,
    subject: execution,
    time: occurredAt,
    datacontenttype: 'application/json',
    data: data.data,
    tenantid: tenantId,
    executionid: execution,
    sequence: String(seq),
    eventid: data.eventId,
    partitionkey: execution,
    ...(correlationId === null ? {} : { correlationid: correlationId }),
  };
}
