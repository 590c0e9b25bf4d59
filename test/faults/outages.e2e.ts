import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intendant/lab';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, typesOf, User, until } from '../e2e/cluster.js';
import { closedGate, startFaultyCluster, TENANT } from './faulty-cluster.js';

/** How long Smart City may take; more than a busy machine takes when it is there. */
const POLICY_DEADLINE_MS = 4_000;

let cluster: Cluster;
let analyst: User;
let sessionId: string;

beforeAll(async () => {
  const env = { INTENDANT_LOG_LEVEL: 'trace', INTENDANT_POLICY_DEADLINE_MS: String(POLICY_DEADLINE_MS) };
  cluster = await startFaultyCluster({ env });
  analyst = await cluster.user(TENANT, 'analyst', 'analyst');
  sessionId = await analyst.session();
});
afterAll(async () => {
  for (const name of ['smart-city', 'curator', 'bench']) process.kill(cluster.pidOf(name), 'SIGCONT');
  await cluster.lab.destroy();
});

const echo = (payload: object = {}) => analyst.run(sessionId, 'bench.echo', payload);
const works = (what: string) => until(what, async () => ((await echo()).status === 200 ? true : undefined));

async function expectPolicyUnavailable(detail: unknown = expect.any(String)): Promise<void> {
  const before = await analyst.metric('intendant_intents_accepted_total');
  const answer = await echo();
  expect(answer).toMatchObject({
    status: 503,
    body: { code: 'policy_unavailable', detail, retry: 'later', remedy: expect.any(String) },
  });
  expect(answer.headers['retry-after']).toBeDefined();
  const refusal = await analyst.get(`/v1/refusals/${answer.body.refusalId}`);
  expect(refusal.body).toMatchObject({ code: 'policy_unavailable', intentType: 'bench.echo' });
  expect(typesOf(refusal.body.records)).toEqual(['intent.received', 'intent.rejected']);
  expect((await analyst.post('/v1/sessions', {})).body.code).toBe('policy_unavailable');
  expect(await analyst.metric('intendant_intents_accepted_total')).toBe(before);
}

describe('Smart City', () => {
  it('stopped: 503 within its deadline, what runs goes on, and it comes back by itself', async () => {
    const open = closedGate(cluster, 'running');
    const running = (await analyst.submit(sessionId, 'bench.echo', { gate: 'running' })).body.executionId;
    process.kill(cluster.pidOf('smart-city'), 'SIGSTOP');
    await expectPolicyUnavailable(expect.stringContaining(`in ${POLICY_DEADLINE_MS} ms`));
    open();
    expect(await analyst.settled(running)).toMatchObject({ status: 'completed' });
    process.kill(cluster.pidOf('smart-city'), 'SIGCONT');
    await works('Smart City answers again');
  });

  it('killed: the same', async () => {
    await cluster.without('smart-city', () => expectPolicyUnavailable());
    await works('Smart City is back');
  });

  it('policy flipped while an execution runs: that one is not concerned, the next one is', async () => {
    const admin = await cluster.user(TENANT, 'admin', 'policy_admin');
    const bundle = JSON.parse(readFileSync(join(repositoryRoot, 'policies', `${TENANT}.json`), 'utf8'));
    const open = closedGate(cluster, 'flipped');
    const running = (await analyst.submit(sessionId, 'bench.echo', { gate: 'flipped' })).body.executionId;
    const deny = { id: 'no-echo', role: 'analyst', action: 'bench.echo', realm: 'bench', effect: 'deny' };
    const published = await admin.post('/v1/policies', { ...bundle, revision: 2, rules: [...bundle.rules, deny] });
    expect(published.status).toBe(201);
    expect((await analyst.get(`/v1/executions/${running}`)).body.status).toBe('running');
    expect(await echo()).toMatchObject({ status: 403, body: { code: 'action_not_permitted', policyRevision: 2 } });
    open();
    expect(await analyst.settled(running)).toMatchObject({ status: 'completed', policyRevision: 1 });
    expect((await admin.post('/v1/policies', { ...bundle, revision: 3 })).status).toBe(201);
    expect((await echo()).status).toBe(200);
    expect((await analyst.get(`/v1/executions/${running}/decision`)).body).toMatchObject({
      effect: 'allow',
      policyRevision: 1,
    });
  });
});

describe('Curator', () => {
  it('stopped or killed refuses no intent', async () => {
    process.kill(cluster.pidOf('curator'), 'SIGSTOP');
    expect((await echo()).status).toBe(200);
    process.kill(cluster.pidOf('curator'), 'SIGCONT');
    const back = cluster.kill('curator');
    let ready = false;
    void back.then(() => {
      ready = true;
    });
    const statuses = new Set<number>();
    const revisions = new Set<number>();
    await until('Curator is back and the services registered again', async () => {
      const answer = await echo();
      statuses.add(answer.status);
      const resolved = (await analyst.records(answer.body.executionId)).find(
        ({ type }) => type === 'capability.resolved',
      );
      revisions.add(resolved?.data.registryRevision);
      return ready && revisions.size > 1 ? true : undefined;
    });
    expect([...statuses]).toEqual([200]);
  });
});

describe('a domain service that is away', () => {
  it('is waited for by what was accepted; without its lease new intents are 503; it comes back by itself', async () => {
    process.kill(cluster.pidOf('bench'), 'SIGSTOP');
    const accepted = (await analyst.submit(sessionId, 'bench.echo', { accepted: true })).body.executionId;
    const refused = await until('the lease has run out', async () => {
      const answer = await analyst.submit(sessionId, 'bench.hang_park', {});
      return answer.status === 202 ? undefined : answer;
    });
    expect(refused).toMatchObject({ status: 503, body: { code: 'capability_unavailable', retry: 'later' } });
    expect(refused.headers['retry-after']).toBeDefined();
    process.kill(cluster.pidOf('bench'), 'SIGCONT');
    expect(await analyst.settled(accepted)).toMatchObject({ status: 'completed' });
    await works('the service is back');
  });
});

describe('secrets', () => {
  const CANARY = 'canary-6b0f5c1e';

  it('no token and no canary is in any log line, nor under the data directory', async () => {
    const intruder = new User(analyst.url, `${CANARY}.${CANARY}.${CANARY}`);
    expect((await intruder.post('/v1/intents', {})).status).toBe(401);
    expect((await new User(analyst.url, `${analyst.token}${CANARY}`).get('/v1/executions')).status).toBe(401);
    const failed = await analyst.run(sessionId, 'bench.throw', { message: `${CANARY} in an exception` });
    expect(failed.body.error.code).toBe('handler_failed');
    const malformed = await analyst.post('/v1/intents', `{"${CANARY}":`, { 'content-type': 'application/json' });
    expect(malformed.status).toBe(400);
    expect(cluster.lines.length).toBeGreaterThan(50);
    const signature = analyst.token.slice(-40);
    for (const secret of [CANARY, signature]) expect(cluster.lines.filter((line) => line.includes(secret))).toEqual([]);
    expect(filesWith(signature)).toEqual([]);
    // What a handler threw is the recorded error of its execution, and there only.
    expect(filesWith(CANARY).filter((file) => !file.startsWith('log/log.db'))).toEqual([]);
  });

  function filesWith(text: string): string[] {
    const { dataDir } = cluster.lab;
    const entries = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = entries.map((entry) => join(entry.parentPath, entry.name));
    return paths.filter((path) => contains(path, text)).map((path) => path.slice(dataDir.length + 1));
  }

  function contains(path: string, text: string): boolean {
    try {
      return readFileSync(path).includes(text);
    } catch {
      return false; // gone since it was listed
    }
  }
});
