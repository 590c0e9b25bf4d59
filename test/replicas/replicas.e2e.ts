import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { typesOf, type User } from '../e2e/cluster.js';
import { TENANT } from '../faults/faulty-cluster.js';
import { type ReplicatedCluster, startReplicas } from './replicated-cluster.js';
import { describeOverSharedLogs, type SharedLog } from './shared-logs.js';

const KEYS = Array.from({ length: 24 }, (_unused, index) => `key-${index}`);

describeOverSharedLogs('two replicas of the Runtime over one log', (start) => {
  let log: SharedLog;
  let cluster: ReplicatedCluster;
  let first: User;
  let second: User;
  let auditor: User;

  beforeAll(async () => {
    log = await start();
    cluster = await startReplicas(2, log.env);
    await cluster.allHeld();
    first = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
    second = cluster.at(first, 1);
    auditor = await cluster.user(TENANT, 'auditor', 'auditor');
  });
  afterAll(async () => {
    await cluster?.lab.destroy();
    await log?.stop();
  });

  it('share the partitions', async () => {
    await cluster.allHeld();
  });

  it('a session that one opened is known to the other at once, and closed for it at once', async () => {
    for (const [here, there] of [
      [first, second],
      [second, first],
    ] as const) {
      const sessionId = await here.session();
      expect((await there.get(`/v1/sessions/${sessionId}`)).body).toMatchObject({ sessionId, status: 'active' });
      expect((await there.run(sessionId, 'bench.echo', { key: 'x' })).body.status).toBe('completed');
      expect((await there.call('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(200);
      const refused = await here.submit(sessionId, 'bench.echo', { key: 'x' });
      expect([refused.status, refused.body.code]).toEqual([403, 'session_invalid']);
    }
  });

  it('a key means one execution, whichever of them is asked, also at the same moment', async () => {
    const sessionId = await first.session();
    const submit = (user: User, key: string) =>
      user.submit(sessionId, 'bench.echo', { key }, { 'idempotency-key': key, prefer: 'wait=60' });
    const both = await Promise.all(KEYS.map((key) => Promise.all([submit(first, key), submit(second, key)])));
    for (const [one, other] of both) {
      expect([one.status, other.status, one.body.status]).toEqual([200, 200, 'completed']);
      expect(one.body.executionId).toBe(other.body.executionId);
    }
    expect(new Set(both.map(([one]) => one.body.executionId)).size).toBe(KEYS.length);
    const misused = await second.submit(
      sessionId,
      'bench.echo',
      { key: 'other' },
      { 'idempotency-key': KEYS[0] ?? '' },
    );
    expect(misused.status).toBe(422);
  });

  it('an execution is shown, streamed, validated and replayed by either', async () => {
    const sessionId = await first.session();
    const { executionId } = (await first.run(sessionId, 'bench.echo', { key: 'seen' })).body;
    const [here, there] = await Promise.all([
      first.get(`/v1/executions/${executionId}`),
      second.get(`/v1/executions/${executionId}`),
    ]);
    expect(there.body).toEqual(here.body);
    expect(await second.records(executionId)).toEqual(await first.records(executionId));
    for (const user of [auditor, cluster.at(auditor, 1)])
      expect((await user.post(`/v1/executions/${executionId}/validate`)).body).toMatchObject({ valid: true });
    const stream = await second.get(`/v1/executions/${executionId}/events`, { accept: 'text/event-stream' });
    expect(stream.body).toContain('event: execution.completed');
  });

  it('content that one took can be used with the other at once', async () => {
    const staged = await second.stage('customers.csv').catch(() => undefined);
    const { ref } = staged ?? (await second.post('/v1/content', Buffer.from('a,b\n1,2\n'))).body;
    for (const user of [first, second]) {
      const shown = await user.get(`/v1/content/${ref.slice('content://'.length)}`);
      expect(shown.status).toBe(200);
    }
  });

  it('a refusal is recorded and found, whichever of them refused', async () => {
    const sessionId = await first.session();
    for (const user of [first, second]) {
      const refused = await user.submit(sessionId, 'bench.unknown', {});
      expect(refused.status).toBe(404);
      const refusalId = refused.body.refusalId as string;
      for (const reader of [first, second])
        expect((await reader.get(`/v1/refusals/${refusalId}`)).body).toMatchObject({ code: 'capability_not_found' });
    }
  });

  it('an intent without a key is taken where it comes', async () => {
    const sessionId = await second.session();
    const ids = await Promise.all(
      Array.from(
        { length: 12 },
        async () => (await second.run(sessionId, 'bench.echo', { key: 'free' })).body.executionId,
      ),
    );
    for (const executionId of ids) {
      const records = await first.records(executionId as string);
      expect(typesOf(records).at(-1)).toBe('execution.completed');
    }
  });

  it('with Curator dead the owners go on, and nothing moves', async () => {
    const ready = cluster.kill('curator');
    const sessionId = await first.session();
    for (const user of [first, second])
      expect((await user.run(sessionId, 'bench.echo', { key: 'no curator' })).body.status).toBe('completed');
    await ready;
    await cluster.allHeld();
  });
});
