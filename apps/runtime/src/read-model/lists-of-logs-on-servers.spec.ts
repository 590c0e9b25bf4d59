import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realScheduler } from '@intendant/kernel/testing';
import { createTestDatabase, hasServer, withoutServer } from '@intendant/nest-kit/testing/database';
import { describeReadModel, PARTITIONS, type ReadModelFixture, SampleLog } from '@intendant/read-model/testing';
import type { FrameLog } from '@intendant/wal';
import { openKafkaFrameLog } from '@intendant/wal-kafka';
import { hasKafkaForTests, KAFKA_START_TIMEOUT_MS, kafkaForTests, withoutKafka } from '@intendant/wal-kafka/testing';
import { openRedisFrameLog } from '@intendant/wal-redis';
import { describeWithRedisForTests, type RedisForTests, redisForTests } from '@intendant/wal-redis/testing';
import { RemoteWal } from '@intendant/wal-remote';
import { SqliteLogReader } from '@intendant/wal-sqlite';
import { afterAll, beforeAll, describe } from '@jest/globals';

/** Read as the projector does: from the copy of the process that writes to the servers. */
async function listsOf(log: FrameLog): Promise<ReadModelFixture> {
  const server = await createTestDatabase('read_model');
  const directory = mkdtempSync(join(tmpdir(), 'intendant-lists-'));
  const fail = (_partition: number, error: Error): void => {
    throw error;
  };
  const wal = await RemoteWal.open({ directory, log, scheduler: realScheduler, onLost: fail, onHalted: fail });
  const reader = new SqliteLogReader(directory);
  const end = async (): Promise<void> => {
    reader.close();
    await wal.close();
    rmSync(directory, { recursive: true, force: true });
    await server.drop();
  };
  return { log: new SampleLog(wal, reader), url: server.url, end };
}

(hasServer ? describeWithRedisForTests : describe.skip)(`the log on Redis${withoutServer}`, () => {
  let redis: RedisForTests;
  beforeAll(async () => {
    redis = await redisForTests();
  });
  afterAll(() => redis.stop());

  describeReadModel('a log on Redis', async () =>
    listsOf(await openRedisFrameLog({ url: redis.url, prefix: redis.prefix, partitionCount: PARTITIONS })),
  );
});

(hasServer && hasKafkaForTests ? describe : describe.skip)(`the log on Kafka${withoutServer}${withoutKafka}`, () => {
  let kafka: Awaited<ReturnType<typeof kafkaForTests>>;
  beforeAll(async () => {
    kafka = await kafkaForTests();
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(() => kafka.stop());

  describeReadModel('a log on Kafka', async () => {
    const topic = `intendant-test-${randomUUID()}`;
    return listsOf(await openKafkaFrameLog({ brokers: kafka.brokers, topic, partitionCount: PARTITIONS }));
  });
});
