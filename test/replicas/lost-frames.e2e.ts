import { describeWithRedis, type RunningRedis, startRedis } from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, it } from '@jest/globals';
import { type User, until } from '../e2e/cluster.js';
import { TENANT } from '../faults/faulty-cluster.js';
import { PARTITIONS, type ReplicatedCluster, startReplicas } from './replicated-cluster.js';

/** Less than a request waits for a partition that is on its way. */
const AT_ONCE_MS = 5_000;
const KEYS = Array.from({ length: 24 }, (_unused, index) => `lost-${index}`);

describeWithRedis('a log whose frames were removed under two replicas', () => {
  let redis: RunningRedis;
  let cluster: ReplicatedCluster;
  let users: readonly User[];
  let sessionId: string;

  beforeAll(async () => {
    redis = await startRedis();
    cluster = await startReplicas(2, { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: redis.url });
    await cluster.allHeld();
    const first = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
    users = [first, cluster.at(first, 1)];
    sessionId = await first.session();
  });
  afterAll(async () => {
    await cluster?.lab.destroy();
    await redis?.stop();
  });

  it('refuses new intents as log_corrupt, at once and by either replica', async () => {
    const submitAll = () =>
      Promise.all(
        KEYS.flatMap((key) =>
          users.map((user) => user.submit(sessionId, 'bench.echo', { key }, { 'idempotency-key': key })),
        ),
      );
    for (let partition = 0; partition < PARTITIONS; partition += 1)
      await redis.command('XTRIM', `{intendant}:${partition}:frames`, 'MAXLEN', 0);
    // whoever holds a partition finds it when it appends, and the other when it is given what that one cannot take
    await until('both refuse everything at once', async () => {
      const sinceMs = Date.now();
      const answers = await submitAll();
      const others = answers.filter(({ body }) => body.code !== 'log_corrupt').map(({ body }) => body);
      const tookMs = Date.now() - sinceMs;
      // requests that wait do so every time; a machine that stood still does not
      if (others.length > 0 || tookMs >= AT_ONCE_MS) throw new Error(`${tookMs} ms: ${JSON.stringify(others)}`);
      return true;
    });
  });
});
