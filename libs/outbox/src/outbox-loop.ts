import { type EventSink, SinkUnavailable } from './event-sink.js';
import { type OutboxLedger, PublisherBusy } from './outbox-ledger.js';
import { OUTBOX_NOT_STARTED, type OutboxReport } from './outbox-report.js';
import { type PublishedLog, Publisher } from './publisher.js';

/** A log that tells cheaply whether it grew. */
export interface WatchedLog extends PublishedLog {
  /** Another number after every append. */
  version(): number;
}

/** A ledger that holds a connection. */
export interface OpenLedger extends OutboxLedger {
  close(): Promise<void>;
}

export interface OutboxLoopOptions {
  readonly log: WatchedLog;
  /** Rejects when there is no database; with `PublisherBusy` when another process publishes. */
  readonly openLedger: () => Promise<OpenLedger>;
  readonly sink: EventSink;
  /** Refusals that make an event a dead letter. */
  readonly attemptsMax: number;
  readonly report: (report: OutboxReport) => void;
  readonly pause: (ms: number) => Promise<void>;
  /** Of a clock that nobody sets. */
  readonly nowMs: () => number;
}

const POLL_MS = 20;
/** An idle publisher looks this often whether its connection lives. */
const IDLE_MS = 1_000;
/** Dead letters that are to be published once more are looked for this often, however much else there is to publish. */
const REDRIVE_MS = 1_000;
/** Between the attempts at an event that was refused. */
const REFUSED_MS = 500;
/** A replica in standby asks this often whether it is to publish. */
const STANDBY_MS = 1_000;
/** Longer than others take to ask again. */
const LET_GO_MS = 2 * STANDBY_MS;
const BACKOFF_MS_MIN = 250;
const BACKOFF_MS_MAX = 5_000;

/** Publishes whatever happens to the broker and to PostgreSQL: waits for them ever longer, and goes on where it was. */
export class OutboxLoop {
  #stopping = false;
  #lettingGo = false;
  #backoffMs = BACKOFF_MS_MIN;
  #last = OUTBOX_NOT_STARTED;
  #redrivenMs = Number.NEGATIVE_INFINITY;
  /** What earlier publishers of this loop published. */
  #publishedBefore = 0;

  constructor(private readonly options: OutboxLoopOptions) {}

  /** Resolves after {@link stop}; never rejects. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#openAndFollow();
        if (!this.#stopping) await this.#standBy(LET_GO_MS);
      } catch (error) {
        if (error instanceof PublisherBusy) {
          await this.#standBy(STANDBY_MS);
        } else {
          this.#tellIdle('unavailable', (error as Error).message);
          await this.#backOff();
        }
      }
    }
    await this.options.sink.close().catch(() => undefined);
  }

  async #standBy(ms: number): Promise<void> {
    this.#tellIdle('standby', null);
    await this.options.pause(ms);
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Gives the place of the one publisher to another replica, if one is there to take it; else this one goes on after a moment. */
  letGo(): void {
    this.#lettingGo = true;
  }

  async #openAndFollow(): Promise<void> {
    const { log, openLedger, sink, attemptsMax } = this.options;
    const ledger = await openLedger();
    this.#lettingGo = false;
    try {
      const publisher = await Publisher.resume({ log, ledger, sink, attemptsMax });
      this.#publishedBefore = this.#last.published;
      this.#tellOf(publisher, null);
      while (!this.#stopping && !this.#lettingGo) await this.#turn(publisher);
    } finally {
      await ledger.close().catch(() => undefined);
    }
  }

  async #turn(publisher: Publisher): Promise<void> {
    const { log, nowMs, pause } = this.options;
    const version = log.version();
    try {
      const { moved, refused } = await publisher.turn();
      this.#backoffMs = BACKOFF_MS_MIN;
      const counted = await publisher.lookAhead();
      if (moved || counted > 0 || refused !== this.#last.problem) this.#tellOf(publisher, refused);
      const isIdle = !moved && refused === null;
      if (isIdle) await publisher.noteAll();
      if (isIdle || nowMs() - this.#redrivenMs >= REDRIVE_MS) {
        this.#redrivenMs = nowMs();
        await publisher.redrive();
      }
      if (moved) return await pause(0);
      if (refused !== null) return await pause(REFUSED_MS);
      await this.#untilChanged(version);
    } catch (error) {
      if (!(error instanceof SinkUnavailable)) throw error;
      await publisher.lookAhead();
      this.#tellOf(publisher, error.message);
      await this.#backOff();
      await publisher.noteAll();
      await publisher.beHeard();
    }
  }

  async #backOff(): Promise<void> {
    const backoffMs = this.#backoffMs;
    this.#backoffMs = Math.min(2 * backoffMs, BACKOFF_MS_MAX);
    await this.options.pause(backoffMs);
  }

  /** Until the log grew, at most {@link IDLE_MS}. */
  async #untilChanged(version: number): Promise<void> {
    for (let waitedMs = 0; waitedMs < IDLE_MS; waitedMs += POLL_MS) {
      if (this.#stopping || this.#lettingGo || this.options.log.version() !== version) return;
      await this.options.pause(POLL_MS);
    }
  }

  #tellOf(publisher: Publisher, problem: string | null): void {
    const { positions, pendingEvents, halted, delivered } = publisher;
    const published = this.#publishedBefore + delivered;
    this.#tell({ state: 'publishing', problem, positions, pendingEvents, halted, published });
  }

  #tellIdle(state: 'standby' | 'unavailable', problem: string | null): void {
    this.#tell({ state, problem, positions: [], pendingEvents: [] });
  }

  #tell(change: Partial<OutboxReport>): void {
    this.#last = { ...this.#last, ...change };
    this.options.report(this.#last);
  }
}
