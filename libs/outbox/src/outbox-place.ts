import type { StoredEntry } from '@intendant/wal';
import { type CloudEvent, cloudEventsOf } from './cloud-event.js';

/** How far the events of a partition are published. */
export interface OutboxPlace {
  /** Position of the last entry whose events are all done; 0 before the first. */
  readonly position: number;
  /** SHA-256 (32 bytes) of that entry; zeros before the first. */
  readonly hash: Buffer;
  /** Events of the next entry that are done. */
  readonly eventsDone: number;
  /** How often the next event was refused. */
  readonly refusals: number;
}

export const OUTBOX_START: OutboxPlace = { position: 0, hash: Buffer.alloc(32), eventsDone: 0, refusals: 0 };

/** An event that waits, and where its partition stands once it is done. */
export interface PendingEvent {
  readonly event: CloudEvent;
  readonly position: number;
  readonly after: OutboxPlace;
}

export interface PendingRun {
  readonly pending: readonly PendingEvent[];
  /** Where the partition stands once they all are done; entries without events count as done. */
  readonly end: OutboxPlace;
}

/** The log does not go on where the last publication ended. */
export class OutboxGap extends Error {
  constructor(position: number, expected: number) {
    super(`position ${position} where ${expected} must follow`);
    this.name = 'OutboxGap';
  }
}

/** What is to be published of the entries that follow `place`; throws {@link OutboxGap} when others do. */
export function pendingAfter(place: OutboxPlace, entries: readonly StoredEntry[]): PendingRun {
  const pending: PendingEvent[] = [];
  let reached = place;
  for (const entry of entries) {
    const { position, hash } = entry;
    if (position !== reached.position + 1) throw new OutboxGap(position, reached.position + 1);
    const events = cloudEventsOf(entry);
    const done: OutboxPlace = { position, hash, eventsDone: 0, refusals: 0 };
    for (const [index, event] of events.entries()) {
      if (index < reached.eventsDone) continue;
      const isLast = index === events.length - 1;
      const after = isLast ? done : { ...reached, eventsDone: index + 1, refusals: 0 };
      pending.push({ event, position, after });
    }
    reached = done;
  }
  return { pending, end: reached };
}
