import { type OutboxLedger, PlaceMoved, type Redrive } from '../outbox-ledger.js';
import { OUTBOX_START, type OutboxPlace } from '../outbox-place.js';
import type { DeadLetter } from '../settle.js';

/** What was published, in memory; outlives the publishers of a test. */
export class MemoryLedger implements OutboxLedger {
  readonly kept: OutboxPlace[];
  readonly dead: DeadLetter[] = [];
  readonly asked: Redrive[] = [];
  readonly outcomes: { readonly eventId: string; readonly refused: string | null }[] = [];

  constructor(partitionCount: number) {
    this.kept = Array.from({ length: partitionCount }, () => OUTBOX_START);
  }

  async places(): Promise<readonly OutboxPlace[]> {
    return [...this.kept];
  }

  async advance(
    partition: number,
    from: OutboxPlace,
    to: OutboxPlace,
    { dead }: { readonly delivered: number; readonly dead: DeadLetter | null },
  ): Promise<void> {
    const kept = this.kept[partition] as OutboxPlace;
    const isThere =
      kept.position === from.position && kept.eventsDone === from.eventsDone && kept.refusals === from.refusals;
    if (!isThere) throw new PlaceMoved(partition);
    this.kept[partition] = to;
    if (dead !== null) this.dead.push(dead);
  }

  async redrives(): Promise<readonly Redrive[]> {
    return [...this.asked];
  }

  async redriven(eventId: string, refused: string | null): Promise<void> {
    this.asked.splice(
      this.asked.findIndex((redrive) => redrive.eventId === eventId),
      1,
    );
    this.outcomes.push({ eventId, refused });
  }
}
