import { randomBytes } from 'node:crypto';
import {
  hasKafka,
  KAFKA_START_TIMEOUT_MS,
  type RunningKafka,
  startOwnKafka,
  withoutKafka,
} from '@intendant/wal-kafka/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { describeEventSink, SINK_EVENT_BYTES_MAX } from '../testing/describe-event-sink.js';
import { executionOf, OutboxLog } from '../testing/outbox-log.js';
import { readTopic } from '../testing/read-topic.js';
import { KafkaEventSink } from './kafka-event-sink.js';

let kafka: RunningKafka;

const start = async (): Promise<void> => {
  kafka = await startOwnKafka({
    brokers: 1,
    settings: { 'num.partitions': '3', 'group.initial.rebalance.delay.ms': '0' },
  });
};
const client = () =>
  new kafkajs.Kafka({ brokers: [...kafka.brokers], clientId: 'reader', logCreator: () => () => undefined });
const scratchTopic = (): string => `events-${randomBytes(6).toString('hex')}`;
const sinkFor = (topic: string, eventBytesMax = SINK_EVENT_BYTES_MAX): KafkaEventSink =>
  new KafkaEventSink({ brokers: kafka.brokers, topic, eventBytesMax, requestTimeoutMs: 10_000 });

const eventsOf = async (topic: string): Promise<unknown[]> =>
  (await readTopic(kafka.brokers, topic)).map(({ value }) => JSON.parse(String(value)));

(hasKafka ? describe : describe.skip)(`on a real Kafka${withoutKafka}`, () => {
  describeEventSink(
    'kafka',
    {
      start,
      bench: async () => {
        const topic = scratchTopic();
        return {
          open: () => sinkFor(topic),
          arrived: () => eventsOf(topic),
          notices: () => eventsOf(`${topic}.dead`),
        };
      },
      kill: () => kafka.nodes[0]?.kill() ?? Promise.reject(new Error('no broker')),
      restart: () => kafka.nodes[0]?.restart() ?? Promise.reject(new Error('no broker')),
      stop: () => kafka.stop(),
    },
    KAFKA_START_TIMEOUT_MS,
  );

  describe('its topic', () => {
    beforeAll(start, KAFKA_START_TIMEOUT_MS);
    afterAll(() => kafka.stop());

    it('has records keyed by execution that say what they are', async () => {
      const topic = scratchTopic();
      const sink = sinkFor(topic);
      await sink.publish(await new OutboxLog(1).emit(executionOf(0), { n: 1 }));
      const [message] = await readTopic(kafka.brokers, topic);
      expect(String(message?.key)).toBe(executionOf(0));
      expect(String(message?.headers?.['content-type'])).toBe('application/cloudevents+json; charset=UTF-8');
      await sink.close();
    });

    it('refuses for good what is above its own bound, and takes what comes after', async () => {
      const topic = scratchTopic();
      const admin = client().admin();
      await admin.connect();
      const configEntries = [{ name: 'max.message.bytes', value: '3000' }];
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, configEntries }] });
      await admin.disconnect();
      const sink = sinkFor(topic, 1_000_000);
      const log = new OutboxLog(1);
      const small = await log.emit(executionOf(0), { n: 1 });
      const large = await log.emit(executionOf(0), { text: randomBytes(4_000).toString('hex') });
      const after = await log.emit(executionOf(0), { n: 2 });
      const outcome = await sink.publish([...small, ...large, ...after]);
      expect(outcome).toEqual({ delivered: 1, refused: expect.stringContaining('MESSAGE_TOO_LARGE') });
      expect(await sink.publish(after)).toEqual({ delivered: 1, refused: null });
      expect(await eventsOf(topic)).toEqual([...small, ...after]);
      await sink.close();
    });

    it('takes many small events that are too large together', async () => {
      const topic = scratchTopic();
      const sink = sinkFor(topic);
      const lots = Array.from({ length: 400 }, (_, n) => ({ n, text: randomBytes(1_500).toString('hex') }));
      const events = await new OutboxLog(1).emit(executionOf(0), ...lots);
      expect(await sink.publish(events)).toEqual({ delivered: 400, refused: null });
      expect(await eventsOf(topic)).toHaveLength(400);
      await sink.close();
    });
  });
});
