import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { partitionOf } from '@intendant/wal';
import { describeWithRedis, type RunningRedis, startRedis } from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type User, until } from '../e2e/cluster.js';
import { TENANT } from '../faults/faulty-cluster.js';
import { PARTITIONS, type ReplicatedCluster, startReplicas } from './replicated-cluster.js';

describeWithRedis('a replica that lost its copy, of a log that lost a frame of one partition', () => {
  let redis: RunningRedis;
  let before: ReplicatedCluster;
  let cluster: ReplicatedCluster;
  let analyst: User;
  let executionId: string;
  let sessionId: string;

  beforeAll(async () => {
    redis = await startRedis();
    const env = { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: redis.url };
    before = await startReplicas(2, env);
    await before.allHeld();
    const user = await before.user(TENANT, 'analyst', 'analyst', 'operator');
    sessionId = await user.session();
    const partition = partitionOf(sessionId, PARTITIONS);
    // one of so many goes where it should, at random
    executionId = await until('an execution beside its session', async () => {
      const some = Array.from({ length: PARTITIONS }, () => user.run(sessionId, 'bench.echo', { key: 'kept' }));
      const ids = (await Promise.all(some)).map(({ body }) => body.executionId as string);
      return ids.find((ran) => partitionOf(ran, PARTITIONS) === partition);
    });
    const { dataDir } = before.lab;
    await before.lab.stop();
    const frames = `{intendant}:${partition}:frames`;
    const [[first]] = (await redis.command('XRANGE', frames, '-', '+', 'COUNT', 1)) as [[string]];
    expect(await redis.command('XDEL', frames, first)).toBe(1);
    rmSync(join(dataDir, 'runtime-2', 'log'), { recursive: true });
    cluster = await startReplicas(2, env, undefined, { dataDir });
    analyst = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
  });
  afterAll(async () => {
    await (cluster ?? before)?.lab.destroy();
    await redis?.stop();
  });

  it('is given nothing and says why; the other serves everything, whoever is asked', async () => {
    await until('one holds everything', async () => {
      const [first, second] = await cluster.held();
      return (first === PARTITIONS && second === 0) || undefined;
    });
    const second = cluster.at(analyst, 1);
    const said = await second.get('/health/ready');
    expect([said.status, JSON.stringify(said.body.reasons)]).toEqual([503, expect.stringContaining('is halted')]);
    for (const user of [analyst, second])
      expect((await user.get(`/v1/executions/${executionId}`)).body).toMatchObject({
        executionId,
        status: 'completed',
      });
    const answers = await Promise.all(
      Array.from({ length: 48 }, (_unused, n) =>
        second.run(sessionId, 'bench.echo', { key: `${n}` }, { 'idempotency-key': `after-${n}` }),
      ),
    );
    expect(answers.filter(({ status }) => status !== 200).map(({ body }) => body)).toEqual([]);
    expect(answers.map(({ status, body }) => [status, body.status])).toEqual(Array(48).fill([200, 'completed']));
  });
});
