import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, startCluster, type User, until } from './cluster.js';

let cluster: Cluster;
let analyst: User;
let operator: User;
let sessionId: string;

beforeAll(async () => {
  cluster = await startCluster();
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  operator = await cluster.user('t_showcase', 'op', 'operator');
  sessionId = await analyst.session();
});
afterAll(async () => cluster.lab.destroy());

const goal = async (): Promise<string> => {
  const solutionStructure = { solutionId: 'content_solution', strategicFocus: 'quality' };
  const payload = { userGoals: 'migrate the policies', pillarPreferences: [], solutionStructure };
  const { status, body } = await analyst.run(sessionId, 'solution.establish_context', payload);
  expect(status).toBe(200);
  return body.executionId;
};
const listed = async (query = ''): Promise<string[]> =>
  (await operator.get(`/v1/executions?limit=200${query}`)).body.executions.map(
    ({ executionId }: { executionId: string }) => executionId,
  );
const appliedEntries = async (): Promise<number> => (await operator.get('/health/ready')).body.readModel.appliedEntries;

describe('the read model', () => {
  it('is made anew while it is served, and that is recorded', async () => {
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.push(await goal());
    // each is in a partition of its own, and lists may know of one before the other
    for (const executionId of made) await listed(`&waitFor=${executionId}`);
    const known = await listed();
    expect(known).toEqual(expect.arrayContaining(made));
    const before = await appliedEntries();
    expect((await operator.post('/v1/read-model/rebuild')).status).toBe(202);
    await until('everything was applied once more', async () => {
      const now = await listed();
      expect(known.filter((executionId) => !now.includes(executionId))).toEqual([]);
      const { body } = await operator.get('/v1/read-model');
      return (await appliedEntries()) >= 2 * before && !body.rebuilding ? true : undefined;
    });
    expect(await listed(`&waitFor=${known[0]}`)).toEqual(known);
    const { records } = (await operator.get('/v1/wal/records?type=read_model.rebuild_requested&waitFor=audit')).body;
    expect(records).toMatchObject([{ actor: 'user:op', tenantId: 't_showcase' }]);
  });

  it('tells position and lag of each partition', async () => {
    const { body } = await operator.get('/v1/read-model');
    expect(body).toMatchObject({ connected: true, active: true, problem: null, halted: [] });
    expect(body.partitions.length).toBeGreaterThan(0);
    for (const { logPosition, position, lagEntries } of body.partitions)
      expect(logPosition - position).toBe(lagEntries);
  });

  it('counts a tenant’s executions for those who may see them, and to others their own', async () => {
    const executionId = await goal();
    const path = `/v1/metrics/executions?range=1h&waitFor=${executionId}`;
    const { body, headers } = await operator.get(path);
    expect(headers['x-read-model-lag']).toMatch(/^\d+$/);
    expect(body).toMatchObject({ scope: 'tenant', range: '1h', successRate: 1, errorRate: 0, failed: 0 });
    expect(body.total).toBe((await listed()).length);
    expect(body.byIntentType).toMatchObject([{ intentType: 'solution.establish_context', total: body.total }]);
    expect(body.averageMs).toBeGreaterThan(0);
    const other = await cluster.user('t_showcase', 'lead', 'outsider');
    expect((await other.get(path)).body).toMatchObject({ scope: 'own', total: 0, successRate: null, averageMs: null });
    const foreign = await cluster.user('t_atlantic_life', 'op', 'operator');
    expect((await foreign.get(path)).body.total).toBe(0);
  });
});
