import type { OutboxPlace } from './outbox-place.js';
import type { DeadLetter } from './settle.js';

/** Another process publishes this log. */
export class PublisherBusy extends Error {
  constructor() {
    super('another process publishes the events of this log');
    this.name = 'PublisherBusy';
  }
}

/** The place of a partition is not what this publisher left there: another one is at work. */
export class PlaceMoved extends Error {
  constructor(partition: number) {
    super(`partition ${partition}: the published position was moved by another process`);
    this.name = 'PlaceMoved';
  }
}

/** A dead letter that somebody wants to be published after all. */
export interface Redrive {
  readonly eventId: string;
  readonly partition: number;
  readonly position: number;
}

/**
 * What was published of one log; outlives the process, and belongs to one publisher at a time. After any rejection another
 * ledger must be opened.
 */
export interface OutboxLedger {
  /** The place of every partition, in their order. */
  places(): Promise<readonly OutboxPlace[]>;
  /** Moves a partition on, and keeps the dead letter of the same step with it. Throws {@link PlaceMoved}. */
  advance(
    partition: number,
    from: OutboxPlace,
    to: OutboxPlace,
    step: { readonly delivered: number; readonly dead: DeadLetter | null },
  ): Promise<void>;
  /** Dead letters that are to be tried once more, oldest wish first. */
  redrives(): Promise<readonly Redrive[]>;
  /** Ends a redrive: published, or refused again for this reason. */
  redriven(eventId: string, refused: string | null): Promise<void>;
}
