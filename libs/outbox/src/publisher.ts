import { LogCorrupt, type StoredEntry, type Wal } from '@intendant/wal';
import { cloudEventsOf } from './cloud-event.js';
import { type EventSink, SinkUnavailable } from './event-sink.js';
import type { OutboxLedger, Redrive } from './outbox-ledger.js';
import { OutboxGap, type OutboxPlace, pendingAfter } from './outbox-place.js';
import { PendingCount } from './pending-count.js';
import { type DeadLetter, settle } from './settle.js';

/** Entries read at once; also the most that a partition without events moves on unnoted. */
export const READ_ENTRIES_MAX = 100;
/** Bodies of the entries that are held, and given to the broker, at once; one larger entry goes alone. */
const READ_BYTES_MAX = 512 * 1024;

/** The log as far as a publisher needs it. Reads give what is durable, verified; see {@link Wal}. */
export type PublishedLog = Pick<Wal, 'read' | 'describe'>;

export interface PublisherOptions {
  readonly log: PublishedLog;
  readonly ledger: OutboxLedger;
  readonly sink: EventSink;
  /** Refusals that make an event a dead letter. */
  readonly attemptsMax: number;
}

/** Why the events of a partition are published no further. */
export interface HaltedOutbox {
  readonly partition: number;
  readonly finding: string;
}

export interface Turn {
  /** Whether any partition came further. */
  readonly moved: boolean;
  /** Why the broker refused an event last, or word of a dead letter, in this turn. */
  readonly refused: string | null;
}

const STILL: Turn = { moved: false, refused: null };

/**
 * Publishes the events of the log, each partition in its order, and notes in the ledger how far it came: after the broker
 * has them, so that a crash between both publishes them again. After `SinkUnavailable` it can go on; after any other
 * rejection a new one must take up from the ledger.
 */
export class Publisher {
  readonly #places: OutboxPlace[];
  /** What the ledger knows of; behind the places by entries that have no events. */
  readonly #noted: OutboxPlace[];
  readonly #counts: PendingCount[];
  readonly #halted = new Map<number, string>();
  #delivered = 0;
  /** Partitions whose last published entry was found in this log. */
  readonly #found = new Set<number>();
  /** Partition to begin with: not the one that failed last, or it would hold up the others. */
  #next = 0;

  private constructor(
    private readonly options: PublisherOptions,
    places: readonly OutboxPlace[],
  ) {
    this.#places = [...places];
    this.#noted = [...places];
    this.#counts = places.map((place) => new PendingCount(place));
  }

  static async resume(options: PublisherOptions): Promise<Publisher> {
    return new Publisher(options, await options.ledger.places());
  }

  get positions(): readonly number[] {
    return this.#places.map(({ position }) => position);
  }

  /** Events that are not published yet, by partition, as far as the log was looked at. */
  get pendingEvents(): readonly number[] {
    return this.#counts.map(({ waiting }) => waiting);
  }

  /** Events that the broker took from this publisher. */
  get delivered(): number {
    return this.#delivered;
  }

  get halted(): readonly HaltedOutbox[] {
    return [...this.#halted].map(([partition, finding]) => ({ partition, finding }));
  }

  /** Some of the events of every partition that has any. Throws `SinkUnavailable`. */
  async turn(): Promise<Turn> {
    let turn = STILL;
    const partitions = this.#places.length;
    for (let visited = 0; visited < partitions; visited += 1) {
      const partition = this.#next;
      this.#next = (partition + 1) % partitions;
      const { moved, refused } = await this.#publish(partition);
      turn = { moved: turn.moved || moved, refused: refused ?? turn.refused };
    }
    return turn;
  }

  /** Looks further ahead in the log, to know how many events wait; resolves with the entries that were looked at. */
  async lookAhead(): Promise<number> {
    let entries = 0;
    for (const [partition, count] of this.#counts.entries()) {
      if (this.#halted.has(partition)) continue;
      const ahead = await this.#readSound(partition, count.countedTo + 1, READ_ENTRIES_MAX);
      count.add(ahead, this.#placeOf(partition));
      entries += ahead.length;
    }
    return entries;
  }

  /** Notes the entries without events, too. */
  async noteAll(): Promise<void> {
    for (const [partition, place] of this.#places.entries())
      if (place !== this.#noted[partition]) await this.#note(partition, place, 0, null);
  }

  /** Rejects when the ledger is not this publisher's any more, and keeps PostgreSQL from thinking that nobody is there. */
  async beHeard(): Promise<void> {
    await this.options.ledger.redrives();
  }

  /** Publishes the dead letters that somebody asks for once more. Throws `SinkUnavailable`. */
  async redrive(): Promise<number> {
    const wanted = await this.options.ledger.redrives();
    for (const redrive of wanted) await this.#redriveOne(redrive);
    return wanted.length;
  }

  async #publish(partition: number): Promise<Turn> {
    const { sink, attemptsMax } = this.options;
    const before = this.#placeOf(partition);
    const run = this.#pendingOf(partition, await this.#entriesAfter(partition));
    if (run === null || run.end === before) return STILL;
    const events = run.pending.map(({ event }) => event);
    const outcome = events.length === 0 ? { delivered: 0, refused: null } : await sink.publish(events);
    this.#delivered += outcome.delivered;
    const settled = settle(partition, before, run, outcome, attemptsMax);
    const untold = settled.dead === null ? null : await this.#untold(settled.dead);
    // while nobody can be told it is no dead letter, and tried again
    const { place, delivered, dead } = untold === null ? settled : settle(partition, before, run, outcome, Infinity);
    const refused = untold ?? settled.refused;
    const noted = this.#noted[partition] as OutboxPlace;
    if (events.length > 0 || place.position - noted.position >= READ_ENTRIES_MAX)
      await this.#note(partition, place, delivered, dead);
    this.#places[partition] = place;
    this.#counts[partition]?.settled(place, delivered + (dead === null ? 0 : 1));
    return { moved: place.position > before.position || delivered > 0 || dead !== null, refused };
  }

  /** Tells of a dead letter; resolves with why that is not possible, or null. */
  async #untold(dead: DeadLetter): Promise<string | null> {
    try {
      await this.options.sink.bury(dead);
      return null;
    } catch (error) {
      if (!(error instanceof SinkUnavailable)) throw error;
      return `nobody can be told of the dead letter ${dead.event.id}: ${error.message}`;
    }
  }

  async #note(partition: number, to: OutboxPlace, delivered: number, dead: DeadLetter | null): Promise<void> {
    await this.options.ledger.advance(partition, this.#noted[partition] as OutboxPlace, to, { delivered, dead });
    this.#noted[partition] = to;
  }

  #pendingOf(partition: number, entries: readonly StoredEntry[]) {
    try {
      return pendingAfter(this.#placeOf(partition), entries);
    } catch (error) {
      if (!(error instanceof OutboxGap)) throw error;
      this.#halted.set(partition, error.message);
      return null;
    }
  }

  /** Entries that follow the place; none while the log here does not reach it. */
  async #entriesAfter(partition: number): Promise<readonly StoredEntry[]> {
    if (this.#halted.has(partition) || !(await this.#isOfThisLog(partition))) return [];
    return this.#readSound(partition, this.#placeOf(partition).position + 1, READ_ENTRIES_MAX);
  }

  /** A copy of the log may be behind what another process published from its own; then it is waited for. */
  async #isOfThisLog(partition: number): Promise<boolean> {
    const { position, hash } = this.#placeOf(partition);
    if (position === 0 || this.#found.has(partition)) return true;
    const [entry] = await this.#readSound(partition, position, 1);
    if (entry === undefined) return false;
    if (entry.hash.equals(hash)) this.#found.add(partition);
    else this.#halted.set(partition, `position ${position} holds another entry than the one that was published`);
    return this.#found.has(partition);
  }

  /** Entries up to the first that does not verify; that one, when it is next, halts its partition. */
  async #readSound(partition: number, from: number, limit: number): Promise<readonly StoredEntry[]> {
    for (let wanted = limit; ; wanted = wanted >> 1) {
      try {
        return await this.options.log.read(partition, from, wanted, READ_BYTES_MAX);
      } catch (error) {
        if (!(error instanceof LogCorrupt)) throw error;
        if (wanted > 1) continue;
        if (from === this.#placeOf(partition).position + 1)
          this.#halted.set(partition, `${error.place}: ${error.finding}`);
        return [];
      }
    }
  }

  async #redriveOne({ eventId, partition, position }: Redrive): Promise<void> {
    const { ledger, sink } = this.options;
    const [entry] = await this.#readSound(partition, position, 1);
    // a copy of the log that is behind will hold it later
    if (entry === undefined) return;
    const event = cloudEventsOf(entry).find(({ id }) => id === eventId);
    const refused = event === undefined ? 'the log here has no such event' : (await sink.publish([event])).refused;
    await ledger.redriven(eventId, refused);
  }

  #placeOf(partition: number): OutboxPlace {
    return this.#places[partition] as OutboxPlace;
  }
}
