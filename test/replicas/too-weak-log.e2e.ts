import { describeWithRedis, type RunningRedis, startRedis } from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type User, until } from '../e2e/cluster.js';
import { closedGate, ended, handled, TENANT } from '../faults/faulty-cluster.js';
import { type ReplicatedCluster, startReplicas } from './replicated-cluster.js';

const PROBLEM = 'appendfsync is everysec, must be always';
/** What one request waits for a partition that nobody holds. */
const MOVING_MS = 8_000;

describeWithRedis('a log that two replicas share and that becomes too weak', () => {
  let redis: RunningRedis;
  let cluster: ReplicatedCluster;
  let analyst: User;

  beforeAll(async () => {
    redis = await startRedis();
    cluster = await startReplicas(2, { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: redis.url });
    await cluster.allHeld();
    analyst = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
  });
  afterAll(async () => {
    await cluster?.lab.destroy();
    await redis?.stop();
  });

  const bothSay = (what: string, ready: boolean) =>
    until(what, async () => {
      const answers = await Promise.all([0, 1].map((replica) => cluster.at(analyst, replica).get('/health/ready')));
      const said = answers.every(({ status, body }) =>
        ready ? status === 200 : JSON.stringify(body.reasons).includes(PROBLEM),
      );
      return said || undefined;
    });

  /** Eight executions are under way when the setting becomes too weak, and both replicas have noticed. */
  const weakenAmid = async () => {
    const sessionId = await analyst.session();
    const open = closedGate(cluster, sessionId);
    const running = await Promise.all(
      Array.from({ length: 8 }, () => analyst.submit(sessionId, 'bench.echo', { gate: sessionId })),
    );
    const ids = running.map(({ body }) => body.executionId as string);
    await until('all of them are called', () => ids.every((id) => handled(cluster, id).length > 0) || undefined);
    await redis.command('CONFIG', 'SET', 'appendfsync', 'everysec');
    await bothSay('the setting is noticed', false);
    return { sessionId, ids, open };
  };

  it('takes nothing new and says why; what runs waits, and goes on when the setting is right again', async () => {
    const { sessionId, ids, open } = await weakenAmid();
    const refused = { status: 503, body: { code: 'wal_unavailable', detail: expect.stringContaining(PROBLEM) } };
    const sinceMs = Date.now();
    for (let round = 0; round < 3; round += 1)
      for (const user of [analyst, cluster.at(analyst, 1)]) {
        expect(await user.submit(sessionId, 'bench.echo', {})).toMatchObject(refused);
        expect(await user.post('/v1/sessions', {})).toMatchObject(refused);
      }
    // three of each: if one of them waited, that would be longer than a machine stands still
    expect(Date.now() - sinceMs).toBeLessThan(2.5 * MOVING_MS);
    open();
    await until('every call has ended', () => ended(cluster).length === ids.length || undefined);
    const statuses = async () =>
      Promise.all(ids.map(async (id) => (await analyst.get(`/v1/executions/${id}`)).body.status as string));
    expect(new Set(await statuses())).toEqual(new Set(['running']));

    await redis.command('CONFIG', 'SET', 'appendfsync', 'always');
    await bothSay('it is noticed that the setting is right', true);
    for (const id of ids) expect(await analyst.settled(id)).toMatchObject({ status: 'completed' });
    expect(handled(cluster)).toHaveLength(ids.length);
    expect((await analyst.run(sessionId, 'bench.echo', {})).status).toBe(200);
  });

  it('a replica that dies meanwhile is started until the setting is right again, and what it held is not waited for', async () => {
    const { sessionId, ids, open } = await weakenAmid();
    const from = cluster.lines.length;
    process.kill(cluster.pidOf('runtime-2'), 'SIGKILL');
    open();
    const sinceMs = Date.now();
    for (let turn = 0; turn < 16; turn += 1)
      expect(await analyst.submit(sessionId, 'bench.echo', {}, { 'idempotency-key': `weak-${turn}` })).toMatchObject({
        status: 503,
        body: { code: 'wal_unavailable' },
      });
    // half of them are for what the dead one held
    expect(Date.now() - sinceMs).toBeLessThan(4 * MOVING_MS);
    const said = () => cluster.lines.slice(from).filter((line) => line.includes(`on the servers ${PROBLEM}`));
    await until('it was started twice and said why it cannot', () => said().length >= 2 || undefined);
    await redis.command('CONFIG', 'SET', 'appendfsync', 'always');
    await bothSay('it is noticed that the setting is right', true);
    for (const id of ids) expect(await analyst.settled(id)).toMatchObject({ status: 'completed' });
  });
});
