import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Kafka, Producer } from 'kafkajs';
import { GatheringProducer, ProducerSpent } from './gathering-producer.js';
import { kafkaClient, withAdmin } from './kafka-client.js';
import { LogReader } from './log-reader.js';
import { BrokerProxy } from './testing/broker-proxy.js';
import { hasKafka, KAFKA_START_TIMEOUT_MS, startOwnKafka, withoutKafka } from './testing/kafka-for-tests.js';
import { scratchTopic } from './testing/scratch-topic.js';
import type { RunningKafka } from './testing/start-kafka.js';
import { until } from './testing/until.js';

const PARTITIONS = 8;
const ROUNDS = 5;
const PRODUCE = 0;

/** The client, with what its producers ask the brokers for counted. */
function counted(kafka: Kafka) {
  const requests: number[] = [];
  const producer: Kafka['producer'] = (config) => {
    const made: Producer = kafka.producer(config);
    made.on(made.events.REQUEST, ({ payload }) => requests.push(payload.apiKey));
    return made;
  };
  return { kafka: { producer } as unknown as Kafka, produced: () => requests.filter((key) => key === PRODUCE).length };
}

(hasKafka ? describe : describe.skip)(`sends that gather${withoutKafka}`, () => {
  const topic = scratchTopic();
  const sending = { topic, timeoutMs: 8_000, replicationTimeoutMs: 8_000, maxBatchBytes: 1_000_000 };
  let proxy: BrokerProxy;
  let server: RunningKafka;
  let kafka: Kafka;
  let reader: LogReader;

  beforeAll(async () => {
    proxy = await BrokerProxy.listen();
    server = await startOwnKafka({
      brokers: 1,
      settings: { 'advertised.listeners': `BROKER://127.0.0.1:${proxy.port}` },
    });
    proxy.passTo(server.nodes[0]?.port as number);
    kafka = kafkaClient({ brokers: [`127.0.0.1:${proxy.port}`], topic, partitionCount: PARTITIONS });
    await withAdmin(kafka, (admin) =>
      admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS }] }),
    );
    reader = new LogReader(kafka, topic, 60_000);
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(async () => {
    await reader.close();
    await server.stop();
    await proxy.close();
  });

  it('go out in one request for all partitions, a batch for each and in their order', async () => {
    const { kafka: client, produced } = counted(kafka);
    const producer = new GatheringProducer(client, { ...sending, timeoutMs: 60_000 });
    const sends = Array.from({ length: ROUNDS * PARTITIONS }, (_, index) => {
      const [partition, round] = [index % PARTITIONS, Math.floor(index / PARTITIONS)];
      return producer.send(partition, [Buffer.from(`${round}a`), Buffer.from(`${round}b`)]);
    });
    const bases = await Promise.all(sends);
    expect(bases).toEqual(bases.map((_, index) => BigInt(2 * Math.floor(index / PARTITIONS))));
    // a broker that has not heard of the topic yet is asked again, and not by each send of its own
    expect(produced()).toBeGreaterThanOrEqual(ROUNDS);
    expect(produced()).toBeLessThan((ROUNDS * PARTITIONS) / 2);
    const held = await reader.read(3, 0n, 100);
    expect(held.map(({ value }) => value.toString())).toEqual(
      Array.from({ length: ROUNDS }, (_, round) => [`${round}a`, `${round}b`]).flat(),
    );
    await producer.close();
  });

  it('tell that nothing was sent when there was no connection to send it with', async () => {
    const connect = () => Promise.reject(new Error('no broker answers'));
    const client = { producer: () => ({ connect, disconnect: async () => undefined }) } as unknown as Kafka;
    const sent = new GatheringProducer(client, sending).send(0, [Buffer.from('never sent')]);
    await expect(sent).rejects.toMatchObject({
      name: 'NotSent',
      message: expect.stringContaining('no broker answers'),
    });
  });

  it('tell those whose turn had not come that nothing of them was sent', async () => {
    const producer = new GatheringProducer(kafka, sending);
    const end = await reader.end(1);
    await producer.send(0, [Buffer.from('connected')]);
    proxy.losesProduceAnswers = true;
    const lostBefore = proxy.lostAnswers;
    const inDoubt = producer.send(0, [Buffer.from('in doubt')]);
    const outcome = expect(inDoubt).rejects.toThrow('took longer');
    await until(() => proxy.lostAnswers > lostBefore);
    await expect(Promise.all([outcome, producer.send(1, [Buffer.from('waits')])])).rejects.toBeInstanceOf(
      ProducerSpent,
    );
    await outcome;
    proxy.losesProduceAnswers = false;
    expect(producer.spent).toBe(true);
    await expect(producer.send(1, [Buffer.from('later')])).rejects.toBeInstanceOf(ProducerSpent);
    expect(await reader.end(1)).toBe(end);
  });
});
