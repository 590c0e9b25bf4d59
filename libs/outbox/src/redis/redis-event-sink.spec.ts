import { describeWithRedis, type RunningRedis, startRedis } from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeEventSink, SINK_EVENT_BYTES_MAX } from '../testing/describe-event-sink.js';
import { executionOf, OutboxLog } from '../testing/outbox-log.js';
import { RedisEventSink } from './redis-event-sink.js';

type StreamEntry = [id: string, fields: string[]];

/** Longer than a machine stands still amid a command. */
const PATIENT = { commandTimeoutMs: 20_000 };

let redis: RunningRedis;
let benches = 0;

const eventsOf = async (stream: string): Promise<unknown[]> =>
  ((await redis.command('XRANGE', stream, '-', '+')) as StreamEntry[]).map(([, fields]) =>
    JSON.parse(fields[fields.indexOf('event') + 1] as string),
  );

describeWithRedis('on a real Redis', () => {
  describeEventSink('redis', {
    start: async () => {
      redis = await startRedis();
    },
    bench: async () => {
      benches += 1;
      const stream = `events-${benches}`;
      return {
        open: () => new RedisEventSink({ url: redis.url, stream, eventBytesMax: SINK_EVENT_BYTES_MAX, ...PATIENT }),
        arrived: () => eventsOf(stream),
        notices: () => eventsOf(`${stream}:dead`),
      };
    },
    kill: () => redis.kill(),
    restart: () => redis.restart(),
    stop: () => redis.stop(),
  });

  describe('its stream', () => {
    beforeAll(async () => {
      redis = await startRedis();
    });
    afterAll(() => redis.stop());

    it('keeps about as many events as it is told to, and names each by its id and execution', async () => {
      const sink = new RedisEventSink({
        url: redis.url,
        stream: 'short',
        eventBytesMax: 4_000,
        eventsKept: 100,
        ...PATIENT,
      });
      const events = await new OutboxLog(1).emit(executionOf(0), ...Array.from({ length: 500 }, (_, n) => ({ n })));
      await sink.publish(events);
      const kept = (await redis.command('XRANGE', 'short', '-', '+')) as StreamEntry[];
      expect(kept.length).toBeLessThan(300);
      expect(kept.at(-1)?.[1].slice(0, 4)).toEqual(['id', events.at(-1)?.id, 'executionid', executionOf(0)]);
      await sink.close();
    });

    it('loses nothing when the key is something else', async () => {
      await redis.command('SET', 'taken', 'by something else');
      const sink = new RedisEventSink({ url: redis.url, stream: 'taken', eventBytesMax: 4_000, ...PATIENT });
      const events = await new OutboxLog(1).emit(executionOf(0), { n: 1 });
      await expect(sink.publish(events)).rejects.toThrow('WRONGTYPE');
      await redis.command('DEL', 'taken');
      expect(await sink.publish(events)).toEqual({ delivered: 1, refused: null });
      await sink.close();
    });
  });
});
