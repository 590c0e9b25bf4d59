import { describeFrameLog } from '@intendant/wal/contract-suite';
import { WAL_PARTITIONS } from '@intendant/wal/testing';
import { afterAll, beforeAll } from '@jest/globals';
import { openRedisFrameLog } from './open-redis-frame-log.js';
import {
  describeWithRedis,
  describeWithRedisForTests,
  type RedisForTests,
  type RunningRedis,
  redisForTests,
  startRedis,
} from './testing/index.js';

describeWithRedisForTests('redis', () => {
  let server: RedisForTests;
  let made = 0;
  beforeAll(async () => {
    server = await redisForTests();
  });
  afterAll(() => server.stop());

  describeFrameLog('one server', async () => {
    made += 1;
    const options = { url: server.url, prefix: `${server.prefix}-${made}`, partitionCount: WAL_PARTITIONS };
    return { open: () => openRedisFrameLog(options), destroy: async () => undefined };
  });
});

describeWithRedis('redis with a replica', () => {
  let master: RunningRedis;
  let replica: RunningRedis;
  let made = 0;
  beforeAll(async () => {
    master = await startRedis({ settings: { 'min-replicas-to-write': '1' } });
    replica = await startRedis({ replicaOf: master.port });
    await master.command('WAIT', 1, 0);
  });
  afterAll(async () => {
    await replica.stop();
    await master.stop();
  });

  describeFrameLog('one confirms', async () => {
    made += 1;
    const options = { url: master.url, prefix: `log-${made}`, partitionCount: WAL_PARTITIONS, replicas: 1 };
    return { open: () => openRedisFrameLog(options), destroy: async () => undefined };
  });
});
