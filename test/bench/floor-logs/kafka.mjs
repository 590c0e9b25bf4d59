// The floor's log in Kafka: one idempotent record batch with acks=-1 for a group, in a topic set like the Runtime's.
// What the client library reports beside its rejections are attempts that it repeats.
import { createRequire } from 'node:module';

// the client library belongs to the log's own package
const { Kafka, logLevel } = createRequire(new URL('../../../libs/wal-kafka/package.json', import.meta.url))('kafkajs');

const TOPIC = 'floor';

/** Opens the log; the function returned resolves when the brokers have a group of bodies. */
export async function open({ brokers, minInsync }) {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const settings = { 'min.insync.replicas': String(minInsync), ...(minInsync === 1 && { 'flush.messages': '1' }) };
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const topic = { topic: TOPIC, numPartitions: 1, replicationFactor: brokers.length, configEntries };
  await admin.createTopics({ waitForLeaders: true, topics: [topic] });
  await admin.disconnect();
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await producer.connect();
  return (bodies) =>
    producer.send({ topic: TOPIC, acks: -1, messages: bodies.map((value) => ({ partition: 0, value })) });
}
