import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PublisherBusy } from './outbox-ledger.js';
import { type OpenLedger, OutboxLoop } from './outbox-loop.js';
import type { OutboxReport } from './outbox-report.js';
import { MemoryEventSink } from './testing/memory-event-sink.js';
import { MemoryLedger } from './testing/memory-ledger.js';
import { executionOf, OutboxLog } from './testing/outbox-log.js';

const one = executionOf(0);

/** A loop whose pauses take a turn of the event loop, and what it tells. */
class WatchedLoop {
  readonly log = new OutboxLog(1);
  readonly ledger = new MemoryLedger(1);
  readonly sink = new MemoryEventSink(1_000);
  readonly paused: number[] = [];
  readonly told: OutboxReport[] = [];
  /** Why the ledger cannot be opened. */
  trouble: Error | null = null;
  opened = 0;
  closed = 0;
  nowMs = 0;
  #running: Promise<void> | undefined;
  readonly #loop = new OutboxLoop({
    log: this.log,
    openLedger: async () => {
      if (this.trouble !== null) throw this.trouble;
      this.opened += 1;
      const close = async (): Promise<void> => {
        this.closed += 1;
      };
      return Object.assign(Object.create(this.ledger) as OpenLedger, { close });
    },
    sink: this.sink,
    attemptsMax: 3,
    nowMs: () => this.nowMs,
    report: (report) => void this.told.push(report),
    pause: (ms) => {
      this.paused.push(ms);
      this.nowMs += ms + 1;
      return new Promise((resolve) => setImmediate(resolve));
    },
  });

  start(): void {
    this.#running = this.#loop.run();
  }

  async until(holds: (loop: this, report: OutboxReport | undefined) => boolean): Promise<void> {
    while (!holds(this, this.told.at(-1))) await new Promise((resolve) => setImmediate(resolve));
  }

  letGo(): void {
    this.#loop.letGo();
  }

  stop(): Promise<void> {
    this.#loop.stop();
    return this.#running ?? Promise.resolve();
  }
}

describe('the loop of the outbox', () => {
  let loop: WatchedLoop;
  beforeEach(() => {
    loop = new WatchedLoop();
  });
  afterEach(() => loop.stop());

  it('publishes what comes, and says so', async () => {
    loop.start();
    await loop.log.emit(one, { n: 1 });
    await loop.until((_, report) => report?.published === 1);
    await loop.log.emit(one, { n: 2 });
    await loop.until((_, report) => report?.published === 2);
    const done = { state: 'publishing', problem: null, positions: [2], pendingEvents: [0], halted: [], published: 2 };
    expect(loop.told.at(-1)).toEqual(done);
  });

  it('waits ever longer for the broker, tells how much waits, and goes on', async () => {
    loop.sink.isDown = true;
    await loop.log.emit(one, { n: 1 }, { n: 2 });
    loop.start();
    await loop.until(({ paused }) => paused.length >= 7);
    expect(loop.paused.slice(0, 7)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(loop.told.at(-1)).toMatchObject({ problem: expect.stringContaining('down'), pendingEvents: [2] });
    loop.sink.isDown = false;
    await loop.until((_, report) => report?.published === 2);
    expect(loop.told.at(-1)).toMatchObject({ problem: null, pendingEvents: [0] });
    expect(loop.opened).toBe(1);
  });

  it('stands by while another process publishes, and takes over', async () => {
    loop.trouble = new PublisherBusy();
    await loop.log.emit(one, { n: 1 });
    loop.start();
    await loop.until(({ paused }) => paused.length >= 3);
    expect([loop.told.at(-1)?.state, loop.paused.slice(0, 3)]).toEqual(['standby', [1_000, 1_000, 1_000]]);
    loop.trouble = null;
    await loop.until((_, report) => report?.published === 1);
  });

  it('lets another process publish when it is told to, and goes on when there is none', async () => {
    loop.start();
    await loop.log.emit(one, { n: 1 });
    await loop.until((_, report) => report?.published === 1);
    loop.letGo();
    await loop.until((_, report) => report?.state === 'standby');
    // longer than the others wait between two questions
    expect([loop.closed, loop.paused.at(-1)]).toEqual([1, 2_000]);
    await loop.log.emit(one, { n: 2 });
    await loop.until((_, report) => report?.published === 2);
    expect([loop.opened, loop.told.at(-1)?.state]).toEqual([2, 'publishing']);
  });

  it('is heard by its database also while the broker is away: who is silent loses the place', async () => {
    let heard = 0;
    loop.ledger.redrives = async () => {
      heard += 1;
      return [];
    };
    loop.sink.isDown = true;
    await loop.log.emit(one, { n: 1 });
    loop.start();
    await loop.until(({ paused }) => paused.length >= 6);
    expect(heard).toBeGreaterThanOrEqual(5);
  });

  it('looks for dead letters to publish once more, however much else there is to publish', async () => {
    const { ledger, log, sink } = loop;
    let looked = 0;
    ledger.redrives = async () => {
      looked += 1;
      return [];
    };
    const { publish } = sink;
    sink.publish = async (events) => {
      await log.emit(one, { n: 1 });
      return publish.call(sink, events);
    };
    await log.emit(one, { n: 1 });
    loop.start();
    await loop.until(({ nowMs }) => nowMs >= 3_500);
    expect(looked).toBe(4);
    expect(sink.arrived.length).toBeGreaterThan(3_000);
  });

  it('begins again from the ledger when the database is lost', async () => {
    loop.start();
    await loop.log.emit(one, { n: 1 });
    await loop.until((_, report) => report?.published === 1);
    loop.ledger.redrives = () => Promise.reject(new Error('connection lost'));
    await loop.until((_, report) => report?.problem === 'connection lost');
    expect(loop.told.at(-1)?.state).toBe('unavailable');
    Reflect.deleteProperty(loop.ledger, 'redrives');
    await loop.log.emit(one, { n: 2 });
    await loop.until((_, report) => report?.published === 2);
    expect(loop.sink.arrived).toHaveLength(2);
  });
});
