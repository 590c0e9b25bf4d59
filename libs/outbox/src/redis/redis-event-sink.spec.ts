import {
  describeWithRedis,
  describeWithRedisForTests,
  type RedisForTests,
  type RunningRedis,
  redisForTests,
  startRedis,
} from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
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
});

describeWithRedisForTests('a stream on Redis', () => {
  let server: RedisForTests;
  let stream: string;
  beforeAll(async () => {
    server = await redisForTests();
    stream = `${server.prefix}-events`;
  });
  afterAll(() => server.stop());

  it('keeps about as many events as it is told to, and names each by its id and execution', async () => {
    const sink = new RedisEventSink({
      url: server.url,
      stream,
      eventBytesMax: 4_000,
      eventsKept: 100,
      ...PATIENT,
    });
    const events = await new OutboxLog(1).emit(executionOf(0), ...Array.from({ length: 500 }, (_, n) => ({ n })));
    await sink.publish(events);
    const kept = (await server.command('XRANGE', stream, '-', '+')) as StreamEntry[];
    expect(kept.length).toBeLessThan(300);
    expect(kept.at(-1)?.[1].slice(0, 4)).toEqual(['id', events.at(-1)?.id, 'executionid', executionOf(0)]);
    await sink.close();
  });

  it('loses nothing when the key is something else', async () => {
    const taken = `${server.prefix}-taken`;
    await server.command('SET', taken, 'by something else');
    const sink = new RedisEventSink({ url: server.url, stream: taken, eventBytesMax: 4_000, ...PATIENT });
    const events = await new OutboxLog(1).emit(executionOf(0), { n: 1 });
    await expect(sink.publish(events)).rejects.toThrow('WRONGTYPE');
    await server.command('DEL', taken);
    expect(await sink.publish(events)).toEqual({ delivered: 1, refused: null });
    await sink.close();
  });
});
