import { randomBytes } from 'node:crypto';
import kafkajs, { type KafkaMessage } from 'kafkajs';
import { eventually } from './eventually.js';

/** Everything that a topic holds, read as a consumer does; nothing while there is no such topic. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<readonly KafkaMessage[]> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], clientId: 'reader', logCreator: () => () => undefined });
  const admin = kafka.admin();
  await admin.connect();
  // a broker that has just started may not lead its partitions yet
  const offsets = await eventually('the offsets', () =>
    admin.fetchTopicOffsets(topic).catch((error: { type?: string }) => {
      return error.type === 'UNKNOWN_TOPIC_OR_PARTITION' ? [] : undefined;
    }),
  );
  await admin.disconnect();
  const total = offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  if (total === 0) return [];
  const consumer = kafka.consumer({ groupId: `reader-${randomBytes(6).toString('hex')}` });
  const messages: KafkaMessage[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void messages.push(message) });
    return await eventually('all messages', () => (messages.length >= total ? messages : undefined));
  } finally {
    await consumer.disconnect();
  }
}
