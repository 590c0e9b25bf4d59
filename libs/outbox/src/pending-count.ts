import type { StoredEntry } from '@intendant/wal';
import { cloudEventsOf } from './cloud-event.js';
import type { OutboxPlace } from './outbox-place.js';

/** How many events of a partition wait, between its place and the entry up to which they were counted. */
export class PendingCount {
  #countedTo: number;
  #waiting = 0;

  constructor(place: OutboxPlace) {
    this.#countedTo = place.position;
  }

  get countedTo(): number {
    return this.#countedTo;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Counts the entries that follow what was counted. */
  add(entries: readonly StoredEntry[], place: OutboxPlace): void {
    for (const entry of entries) {
      const begun = entry.position === place.position + 1 ? place.eventsDone : 0;
      this.#waiting += cloudEventsOf(entry).length - begun;
      this.#countedTo = entry.position;
    }
  }

  /** The place moved on over so many events. */
  settled(place: OutboxPlace, events: number): void {
    if (place.position >= this.#countedTo) {
      this.#countedTo = place.position;
      this.#waiting = 0;
    } else this.#waiting -= events;
  }
}
