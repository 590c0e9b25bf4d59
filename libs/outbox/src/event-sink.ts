import type { CloudEvent } from './cloud-event.js';

/** How far a publication came. */
export interface PublishOutcome {
  /** So many events, from the first on, are kept by the broker. */
  readonly delivered: number;
  /** Why the broker will not take the next one, now or later; null when all were taken. */
  readonly refused: string | null;
}

/** The broker cannot be reached, or does not take anything at the moment; what was sent may have arrived or not. */
export class SinkUnavailable extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`the broker of the outbox is not available: ${reason}`, { cause });
    this.name = 'SinkUnavailable';
  }
}

/** An event that the broker refused for good, without its data: that may be what it was refused for. */
export interface BuriedEvent {
  readonly event: CloudEvent;
  readonly reason: string;
  /** How often it was refused. */
  readonly attempts: number;
}

/**
 * Where events go. Connects by itself, and again after a failure.
 *
 * Events of one execution arrive first in the order in which they were given, over all calls; any of them may arrive again.
 * No event arrives before the one that was refused, except once it is given in a later call.
 */
export interface EventSink {
  /** Resolves when the broker keeps the events. Throws {@link SinkUnavailable} when that cannot be learnt. */
  publish(events: readonly CloudEvent[]): Promise<PublishOutcome>;
  /** Tells those who watch over the broker that an event will not come. Throws {@link SinkUnavailable}. */
  bury(buried: BuriedEvent): Promise<void>;
  close(): Promise<void>;
}

/** Media type of an event whose attributes and data are in one JSON document. */
export const CLOUD_EVENTS_JSON = 'application/cloudevents+json; charset=UTF-8';

/** What is told of a buried event: a CloudEvent of its own, with a stable id. */
export const burialNotice = ({ event, reason, attempts }: BuriedEvent): CloudEvent => ({
  ...event,
  id: `${event.id}/dead`,
  type: 'intendant.outbox.dead_letter',
  data: { eventId: event.id, eventType: event.type, reason, attempts },
});

/** Events with their JSON, up to the first whose JSON is longer than `eventBytesMax`, and why that one is refused. */
export function encodedUpTo(events: readonly CloudEvent[], eventBytesMax: number) {
  const encoded: { readonly event: CloudEvent; readonly json: string }[] = [];
  for (const event of events) {
    const json = JSON.stringify(event);
    const bytes = Buffer.byteLength(json);
    if (bytes > eventBytesMax) return { encoded, refused: `${bytes} bytes, at most ${eventBytesMax} are published` };
    encoded.push({ event, json });
  }
  return { encoded, refused: null };
}
