import { describe, expect, it } from '@jest/globals';
import { SinkUnavailable } from './event-sink.js';
import { Publisher } from './publisher.js';
import { MemoryEventSink } from './testing/memory-event-sink.js';
import { MemoryLedger } from './testing/memory-ledger.js';
import { executionOf, OutboxLog } from './testing/outbox-log.js';

const PARTITIONS = 2;
const [one, other] = [executionOf(0), executionOf(1)];
const ids = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id);

const setUp = async (isPoison?: (id: string) => boolean, attemptsMax = 3) => {
  const log = new OutboxLog(PARTITIONS);
  const ledger = new MemoryLedger(PARTITIONS);
  const sink = new MemoryEventSink(10_000, (event) => isPoison?.(event.id) ?? false);
  const publisher = () => Publisher.resume({ log, ledger, sink, attemptsMax });
  return { log, ledger, sink, publisher };
};

describe('the publisher', () => {
  it('given events, publishes them in order and stands behind them', async () => {
    const { log, ledger, sink, publisher } = await setUp();
    const events = [...(await log.emit(one, { n: 1 }, { n: 2 })), ...(await log.emit(one, { n: 3 }))];
    await log.emit(other);
    const first = await publisher();
    expect(await first.turn()).toEqual({ moved: true, refused: null });
    expect(sink.arrived).toEqual(events);
    expect([first.positions, first.delivered]).toEqual([[2, 1], 3]);
    expect(ledger.kept.map(({ position }) => position)).toEqual([2, 0]);
    await first.noteAll();
    expect(ledger.kept.map(({ position }) => position)).toEqual([2, 1]);
    expect(await first.turn()).toEqual({ moved: false, refused: null });
    expect(await (await publisher()).turn()).toEqual({ moved: false, refused: null });
    expect(sink.arrived).toHaveLength(3);
  });

  it('given a crash between publish and mark, publishes the same ids again', async () => {
    const { log, ledger, sink, publisher } = await setUp();
    const events = await log.emit(one, { n: 1 });
    const crashing = await publisher();
    ledger.advance = () => Promise.reject(new Error('the process ends here'));
    await expect(crashing.turn()).rejects.toThrow('ends here');
    Reflect.deleteProperty(ledger, 'advance');
    await (await publisher()).turn();
    expect(sink.arrived).toEqual([...events, ...events]);
  });

  it('given a broker that is down, loses nothing and knows how much waits', async () => {
    const { log, sink, publisher } = await setUp();
    const events = [...(await log.emit(one, { n: 1 }, { n: 2 })), ...(await log.emit(one, { n: 3 }))];
    sink.isDown = true;
    const waiting = await publisher();
    for (let tried = 0; tried < 10; tried += 1) await expect(waiting.turn()).rejects.toThrow(SinkUnavailable);
    expect(await waiting.lookAhead()).toBe(2);
    expect(waiting.pendingEvents).toEqual([3, 0]);
    sink.isDown = false;
    await waiting.turn();
    expect(sink.arrived).toEqual(events);
    expect(waiting.pendingEvents).toEqual([0, 0]);
  });

  it('given an event that is refused, gives it up after so many attempts, over restarts, and goes on', async () => {
    const { log, ledger, sink, publisher } = await setUp((id) => id === `${one}/3`);
    const [before, poison, after] = await log.emit(one, { n: 1 }, { n: 2 }, { n: 3 });
    expect(await (await publisher()).turn()).toEqual({ moved: true, refused: 'poison' });
    expect(await (await publisher()).turn()).toEqual({ moved: false, refused: 'poison' });
    const third = await publisher();
    await third.lookAhead();
    expect(third.pendingEvents).toEqual([2, 0]);
    await third.turn();
    expect(ledger.dead).toEqual([{ event: poison, partition: 0, position: 1, reason: 'poison', attempts: 3 }]);
    expect(ids(sink.notices)).toEqual([`${poison?.id}/dead`]);
    expect(third.pendingEvents).toEqual([1, 0]);
    await third.turn();
    expect(sink.arrived).toEqual([before, after]);
    expect(ledger.kept[0]).toMatchObject({ position: 1, eventsDone: 0, refusals: 0 });
  });

  it.each([1, 3])(
    'while word of a dead letter is refused, repeats no event and goes on elsewhere (%i attempts)',
    async (attemptsMax) => {
      const { log, ledger, sink, publisher } = await setUp((id) => id === `${one}/3`, attemptsMax);
      const [before, poison, after] = await log.emit(one, { n: 1 }, { n: 2 }, { n: 3 });
      const tell = sink.bury;
      sink.bury = () => Promise.reject(new SinkUnavailable('not authorized'));
      const held = await publisher();
      for (let tried = 0; tried < 5; tried += 1) await held.turn();
      const [elsewhere] = await log.emit(other, { n: 4 });
      expect(await held.turn()).toEqual({ moved: true, refused: expect.stringContaining(`${poison?.id}: `) });
      expect(sink.arrived).toEqual([before, elsewhere]);
      expect(ledger.dead).toEqual([]);
      sink.bury = tell;
      const later = await publisher();
      await later.turn();
      await later.turn();
      expect(sink.arrived).toEqual([before, elsewhere, after]);
      expect(ledger.dead).toMatchObject([{ event: poison, attempts: 7 }]);
    },
  );

  it('given a partition whose events the broker does not take at the moment, publishes those of the others', async () => {
    const { log, sink, publisher } = await setUp();
    await log.emit(one, { n: 1 });
    const events = await log.emit(other, { n: 2 });
    const { publish } = sink;
    sink.publish = async (given) => {
      if (given[0]?.executionid === one) throw new SinkUnavailable('no leader');
      return publish.call(sink, given);
    };
    const first = await publisher();
    await expect(first.turn()).rejects.toThrow('no leader');
    await expect(first.turn()).rejects.toThrow('no leader');
    expect(sink.arrived).toEqual(events);
  });

  it('publishes a dead letter that is asked for, or says why not', async () => {
    let isPoison = true;
    const { log, ledger, sink, publisher } = await setUp(() => isPoison);
    const [event] = await log.emit(one, { n: 1 });
    const eventId = event?.id as string;
    const again = await publisher();
    while (ledger.dead.length === 0) await again.turn();
    ledger.asked.push({ eventId, partition: 0, position: 1 });
    await again.redrive();
    isPoison = false;
    ledger.asked.push({ eventId, partition: 0, position: 1 }, { eventId: 'nobody/1', partition: 0, position: 1 });
    await again.redrive();
    expect(ledger.outcomes).toEqual([
      { eventId, refused: 'poison' },
      { eventId, refused: null },
      { eventId: 'nobody/1', refused: 'the log here has no such event' },
    ]);
    expect(sink.arrived).toEqual([event]);
  });
});

describe('a publisher and its log', () => {
  it('holds few large entries at once, whether it publishes or looks ahead', async () => {
    const { log, sink, publisher } = await setUp();
    for (let n = 0; n < 8; n += 1) await log.emit(one, { text: 'x'.repeat(300_000) });
    const held: number[] = [];
    const { read } = log;
    log.read = async (...range) => {
      const entries = await read(...range);
      held.push(entries.length);
      return entries;
    };
    sink.isDown = true;
    const careful = await publisher();
    await expect(careful.turn()).rejects.toThrow(SinkUnavailable);
    while ((await careful.lookAhead()) > 0);
    expect(careful.pendingEvents).toEqual([8, 0]);
    expect(Math.max(...held)).toBe(1);
  });

  it('waits when the log here does not reach what was published, and takes up when it does', async () => {
    const { log, ledger, sink, publisher } = await setUp();
    await log.emit(one, { n: 1 });
    await (await publisher()).turn();
    const whole = log.read;
    log.read = async () => [];
    const behind = await publisher();
    expect(await behind.turn()).toEqual({ moved: false, refused: null });
    log.read = whole;
    await log.emit(one, { n: 2 });
    await behind.turn();
    expect([sink.arrived.length, behind.halted, ledger.kept[0]?.position]).toEqual([2, [], 2]);
  });

  it('halts a partition whose published entry is another one here', async () => {
    const { log, ledger, sink, publisher } = await setUp();
    await log.emit(one, { n: 1 });
    await log.emit(other, { n: 2 });
    ledger.kept[0] = { position: 1, hash: Buffer.alloc(32, 7), eventsDone: 0, refusals: 0 };
    const halting = await publisher();
    await halting.turn();
    expect(halting.halted).toEqual([{ partition: 0, finding: expect.stringContaining('another entry') }]);
    expect(sink.arrived.map(({ subject }) => subject)).toEqual([other]);
  });
});
