import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { GatheringProducer } from './gathering-producer.js';
import { kafkaClient, withAdmin } from './kafka-client.js';
import { LogConnection } from './log-connection.js';
import { LogReader } from './log-reader.js';
import { hasKafkaForTests, KAFKA_START_TIMEOUT_MS, kafkaForTests, withoutKafka } from './testing/kafka-for-tests.js';
import { scratchTopic } from './testing/scratch-topic.js';

const PARTITIONS = 4;
const SENDS = 200;
const TIMEOUT_MS = 60_000;

/** What the log rests on in the client library. No version of it may be taken that fails here. */
(hasKafkaForTests ? describe : describe.skip)(`acknowledgements of the client library${withoutKafka}`, () => {
  const topic = scratchTopic();
  let producer: GatheringProducer;
  let server: Awaited<ReturnType<typeof kafkaForTests>>;
  let kafka: Kafka;
  let reader: LogReader;

  beforeAll(async () => {
    server = await kafkaForTests();
    kafka = kafkaClient({ brokers: server.brokers, topic, partitionCount: PARTITIONS });
    await withAdmin(kafka, (admin) =>
      admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS }] }),
    );
    const sending = { topic, timeoutMs: TIMEOUT_MS, replicationTimeoutMs: TIMEOUT_MS, maxBatchBytes: 1_000_000 };
    producer = new GatheringProducer(kafka, sending);
    reader = new LogReader(kafka, topic, TIMEOUT_MS);
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(async () => {
    await producer.close();
    await reader.close();
    await server.stop();
  });

  it('tell a place of its own for each of many concurrent sends, and exactly its bytes are there', async () => {
    const sends = Array.from({ length: SENDS }, (_, index) => ({ partition: index % PARTITIONS, index }));
    const acknowledged = await Promise.all(
      sends.map(async ({ partition, index }) => {
        const values = Array.from({ length: 1 + (index % 3) }, (_, at) => Buffer.from(`${index}.${at}`));
        const base = await producer.send(partition, values);
        return values.map((value, at) => ({ place: `${partition}/${base + BigInt(at)}`, value: value.toString() }));
      }),
    );
    const told = new Map(acknowledged.flat().map(({ place, value }) => [place, value]));
    expect(told.size).toBe(acknowledged.flat().length);
    const held = new Map<string, string>();
    for (let partition = 0; partition < PARTITIONS; partition += 1)
      for (const { offset, value } of await reader.read(partition, 0n, 10_000))
        held.set(`${partition}/${offset}`, value.toString());
    expect(held).toEqual(told);
  });

  it('stand for one record batch per send, which the broker writes whole', async () => {
    const base = await producer.send(
      0,
      Array.from({ length: 50 }, (_, index) => Buffer.alloc(1_000, index)),
    );
    await producer.send(0, [Buffer.from('behind it')]);
    const connection = await LogConnection.open(kafka, topic);
    // a broker asked for one byte gives the first batch, and nothing behind it
    const limits = { maxBytes: 1, maxWaitMs: 10_000 };
    const [found] = await connection.fetch(connection.leaderOf(0), [{ partition: 0, from: base }], limits);
    connection.discard();
    expect(found?.records).toHaveLength(50);
  });

  it('are never asked for a batch above the bound of the topic', async () => {
    const end = await reader.end(1);
    await expect(producer.send(1, [Buffer.alloc(1_000_000)])).rejects.toThrow(RangeError);
    expect(await producer.send(1, [Buffer.alloc(999_000)])).toBe(end);
  });
});
