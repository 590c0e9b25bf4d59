import { describeFrameLog } from '@intendant/wal/contract-suite';
import { WAL_PARTITIONS } from '@intendant/wal/testing';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { openKafkaFrameLog } from './open-kafka-frame-log.js';
import { hasKafkaForTests, KAFKA_START_TIMEOUT_MS, kafkaForTests, withoutKafka } from './testing/kafka-for-tests.js';
import { scratchTopic } from './testing/scratch-topic.js';

(hasKafkaForTests ? describe : describe.skip)(`on Kafka${withoutKafka}`, () => {
  let kafka: Awaited<ReturnType<typeof kafkaForTests>>;
  beforeAll(async () => {
    kafka = await kafkaForTests();
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(() => kafka.stop());

  describeFrameLog('kafka', async () => {
    const topic = scratchTopic();
    const open = () => openKafkaFrameLog({ brokers: kafka.brokers, topic, partitionCount: WAL_PARTITIONS });
    return { open, destroy: async () => undefined };
  });
});
