import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CloudEvent } from '../cloud-event.js';
import { type EventSink, SinkUnavailable } from '../event-sink.js';
import { eventually } from './eventually.js';
import { executionOf, OutboxLog } from './outbox-log.js';

/** Longest JSON of an event that the sinks of a bench take. */
export const SINK_EVENT_BYTES_MAX = 4_000;

/** One place for events at a broker, empty at first. */
export interface EventSinkBench {
  open(): EventSink;
  /** Everything that arrived, as a consumer reads it; each execution's events in their order. */
  arrived(): Promise<readonly unknown[]>;
  /** What was told of dead letters. */
  notices(): Promise<readonly unknown[]>;
}

export interface EventSinkSuite {
  start(): Promise<void>;
  bench(): Promise<EventSinkBench>;
  /** The broker ends as `kill -9` does; what it took stays. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const ids = (events: readonly unknown[]): string[] => events.map((event) => (event as CloudEvent).id);
const [one, other] = [executionOf(0, 1), executionOf(0, 2)];

/** The contract of {@link EventSink}. */
export function describeEventSink(name: string, suite: EventSinkSuite, startTimeoutMs = 240_000): void {
  describe(`event sink: ${name}`, () => {
    let bench: EventSinkBench;
    let sink: EventSink;
    let log: OutboxLog;
    beforeAll(() => suite.start(), startTimeoutMs);
    afterAll(() => suite.stop());
    beforeEach(async () => {
      bench = await suite.bench();
      sink = bench.open();
      log = new OutboxLog(1);
    });
    afterEach(() => sink.close());
    const deliver = async (...events: readonly CloudEvent[]): Promise<void> =>
      expect(await sink.publish(events)).toEqual({ delivered: events.length, refused: null });

    it('delivers CloudEvents whole, each execution’s in order over all calls', async () => {
      const first = await log.emit(one, { n: 1 }, { n: 2 });
      const second = await log.emit(other, { n: 3, text: 'ä — 漢字', deep: { list: [1, null] } });
      const third = await log.emit(one, { n: 4 });
      await deliver(...first, ...second);
      await deliver(...third);
      const arrived = (await bench.arrived()).map((event) => CloudEvent.parse(event));
      const of = (execution: string) => arrived.filter(({ subject }) => subject === execution);
      expect([of(one), of(other)]).toEqual([[...first, ...third], second]);
    });

    it('delivers an event again under its id', async () => {
      const events = await log.emit(one, { n: 1 });
      await deliver(...events);
      await deliver(...events);
      expect(await bench.arrived()).toEqual([...events, ...events]);
    });

    it('takes nothing for nothing', async () => {
      expect(await sink.publish([])).toEqual({ delivered: 0, refused: null });
    });

    it('refuses an event that is too large, with nothing after it', async () => {
      const before = await log.emit(one, { n: 1 });
      const large = await log.emit(one, { text: 'x'.repeat(SINK_EVENT_BYTES_MAX) });
      const after = await log.emit(one, { n: 3 });
      const outcome = await sink.publish([...before, ...large, ...after]);
      expect(outcome).toEqual({ delivered: 1, refused: expect.stringContaining('bytes') });
      expect(await sink.publish(large)).toEqual({ delivered: 0, refused: expect.any(String) });
      await deliver(...after);
      expect(ids(await bench.arrived())).toEqual(ids([...before, ...after]));
    });

    it('tells of a dead letter without its data', async () => {
      const [event] = (await log.emit(one, { text: 'x'.repeat(SINK_EVENT_BYTES_MAX) })) as [CloudEvent];
      await sink.bury({ event, reason: 'too large', attempts: 5 });
      const data = { eventId: event.id, eventType: event.type, reason: 'too large', attempts: 5 };
      const notice = { ...event, id: `${event.id}/dead`, type: 'intendant.outbox.dead_letter', data };
      expect(await bench.notices()).toEqual([notice]);
      expect(CloudEvent.parse(notice)).toEqual(notice);
      expect(await bench.arrived()).toEqual([]);
    });

    it('says when the broker is gone, and goes on when it is back', async () => {
      const first = await log.emit(one, { n: 1 });
      await deliver(...first);
      const second = await log.emit(one, { n: 2 });
      await suite.kill();
      try {
        await expect(sink.publish(second)).rejects.toThrow(SinkUnavailable);
      } finally {
        await suite.restart();
      }
      await eventually('the event is taken', async () =>
        (await sink.publish(second)).delivered === 1 ? true : undefined,
      );
      expect([...new Set(ids(await bench.arrived()))]).toEqual(ids([...first, ...second]));
    });
  });
}
