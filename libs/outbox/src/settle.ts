import type { PublishOutcome } from './event-sink.js';
import type { OutboxPlace, PendingEvent, PendingRun } from './outbox-place.js';

/** An event that was refused too often, with its place in the log. */
export interface DeadLetter {
  readonly event: PendingEvent['event'];
  readonly partition: number;
  readonly position: number;
  readonly reason: string;
  /** How often it was refused. */
  readonly attempts: number;
}

/** What is to be kept after a publication. */
export interface Settlement {
  readonly place: OutboxPlace;
  /** Events that the broker took. */
  readonly delivered: number;
  /** Given up for good: the place is behind it. */
  readonly dead: DeadLetter | null;
  /** Why the next event was refused, when it will be tried again or is dead. */
  readonly refused: string | null;
}

/** Where a partition stands after its events from `place` on met with `outcome`; `attemptsMax` refusals make one dead. */
export function settle(
  partition: number,
  place: OutboxPlace,
  { pending, end }: PendingRun,
  { delivered, refused }: PublishOutcome,
  attemptsMax: number,
): Settlement {
  if (refused === null) return { place: end, delivered, dead: null, refused };
  const reached = pending[delivered - 1]?.after ?? place;
  const attempts = reached.refusals + 1;
  const victim = pending[delivered];
  if (victim === undefined || attempts < attemptsMax)
    return { place: { ...reached, refusals: attempts }, delivered, dead: null, refused };
  const { event, position, after } = victim;
  return { place: after, delivered, dead: { event, partition, position, reason: refused, attempts }, refused };
}
