import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Cluster, platformServices, startCluster, type User } from './cluster.js';

const TENANT = 't_bench';
const ROWS = 100_000;

let cluster: Cluster;
let analyst: User;
let auditor: User;
let sessionId: string;
let gathered: Answer;

beforeAll(async () => {
  const entry = fileURLToPath(new URL('./participants/bulky.mjs', import.meta.url));
  const bulky = { name: 'bench', stage: 'participant', entry, realms: ['bench'] } as const;
  cluster = await startCluster({ services: [...platformServices, bulky] });
  analyst = await cluster.user(TENANT, 'ann', 'analyst');
  auditor = await cluster.user(TENANT, 'aud', 'auditor');
  sessionId = await analyst.session();
  gathered = await analyst.run(sessionId, 'bench.gather', { count: ROWS });
});
afterAll(async () => cluster.lab.destroy());

describe('an artifact whose payload is too large for the log', () => {
  it('is recorded by reference, and its owner reads the payload as content', async () => {
    expect(gathered).toMatchObject({ status: 200, body: { status: 'completed' } });
    const [artifact] = gathered.body.result.artifacts;
    expect(artifact).toMatchObject({ artifactId: `rows_${ROWS}`, semanticPayload: {} });
    const { ref, sha256, sizeBytes } = artifact.semanticContent;
    expect(ref).toBe(`content://${sha256}`);
    const records = await analyst.records(gathered.body.executionId);
    expect(JSON.stringify(records).length).toBeLessThan(20_000);
    const payload = await analyst.get(`/v1/content/${sha256}`);
    expect(payload.status).toBe(200);
    expect(createHash('sha256').update(payload.body).digest('hex')).toBe(sha256);
    expect([payload.body.length, JSON.parse(payload.body).rows.length]).toEqual([sizeBytes, ROWS]);
    const other = await cluster.user(TENANT, 'bob', 'analyst');
    expect((await other.get(`/v1/content/${sha256}`)).body.code).toBe('data_access_denied');
  });

  it('reaches the next handler whole, after a restart too', async () => {
    await cluster.kill('runtime');
    const counted = await analyst.run(sessionId, 'bench.count', { rowsId: `rows_${ROWS}` });
    expect(counted.body.result.events[0].data).toEqual({
      rows: ROWS,
      members: ['artifactId', 'parents', 'renderings', 'resultType', 'semanticPayload'],
    });
  });

  it('validates and replays: its handler, run again, makes what was recorded', async () => {
    const { executionId } = gathered.body;
    expect((await auditor.post(`/v1/executions/${executionId}/validate`)).body).toMatchObject({ valid: true });
    for (const mode of ['state_only', 'full'])
      expect((await auditor.post(`/v1/executions/${executionId}/replay`, { mode })).body).toMatchObject({
        equal: true,
      });
  });
});

describe('an artifact that names content of another user', () => {
  it('is a breach of contract, and makes the content nobody else’s', async () => {
    const bob = await cluster.user(TENANT, 'bob', 'analyst');
    const content = (await bob.post('/v1/content', 'bob’s own')).body;
    const borrowed = await analyst.run(sessionId, 'bench.borrow', { content });
    expect(borrowed.body).toMatchObject({ status: 'failed', error: { code: 'contract_violation' } });
    expect((await analyst.get(`/v1/content/${content.sha256}`)).body.code).toBe('data_access_denied');
    const own = (await analyst.post('/v1/content', 'ann’s own')).body;
    expect((await analyst.run(sessionId, 'bench.borrow', { content: own })).body.status).toBe('completed');
  });
});
