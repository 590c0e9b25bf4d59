import type { HaltedOutbox } from './publisher.js';

/** How publishing fares; plain data, so that it can cross a process boundary. */
export interface OutboxReport {
  /** `standby`: another replica publishes the events of this log. `unavailable`: PostgreSQL or the log cannot be had. */
  readonly state: 'unavailable' | 'standby' | 'publishing';
  /** What keeps events from leaving, or did last: the broker, PostgreSQL, an event that is refused. Null when nothing does. */
  readonly problem: string | null;
  /** Position of the last entry whose events are done, by partition; empty unless publishing. */
  readonly positions: readonly number[];
  /** Events that wait, by partition, as far as they are counted; empty unless publishing. */
  readonly pendingEvents: readonly number[];
  readonly halted: readonly HaltedOutbox[];
  /** Events that the broker took since the start. */
  readonly published: number;
}

export const OUTBOX_NOT_STARTED: OutboxReport = {
  state: 'unavailable',
  problem: null,
  positions: [],
  pendingEvents: [],
  halted: [],
  published: 0,
};
