import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intendant/lab';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Cluster, startCluster, typesOf, type User, until } from './cluster.js';

const TENANT = 't_showcase';
const ROADMAP = { goals: ['One'], roadmapType: 'tactical' };

let cluster: Cluster;
let analyst: User;
let operator: User;
let auditor: User;
let sessionId: string;
let revision = 1;

/** The tenant's policy, and roadmaps need an approval. */
async function publish(approval: object): Promise<void> {
  const bundle = JSON.parse(readFileSync(join(repositoryRoot, 'policies', `${TENANT}.json`), 'utf8'));
  const admin = await cluster.user(TENANT, 'admin', 'policy_admin');
  revision += 1;
  const approvals = [{ id: 'ask-first', intents: ['solution.create_roadmap'], ...approval }];
  expect((await admin.post('/v1/policies', { ...bundle, revision, approvals })).status).toBe(201);
}

beforeAll(async () => {
  cluster = await startCluster({ restart: { firstDelayMs: 100, longestDelayMs: 400, healthyAfterMs: 1_000 } });
  analyst = await cluster.user(TENANT, 'analyst', 'analyst');
  operator = await cluster.user(TENANT, 'olga', 'operator');
  auditor = await cluster.user(TENANT, 'aud', 'auditor');
  await publish({});
  sessionId = await analyst.session();
});
afterAll(async () => cluster.lab.destroy());

const submit = (key: string): Promise<Answer> =>
  analyst.submit(sessionId, 'solution.create_roadmap', ROADMAP, { 'idempotency-key': key, prefer: 'wait=1' });

const answer = (
  user: User,
  executionId: string,
  signalType: 'approve' | 'deny',
  note?: string,
  waitId = 'start',
): Promise<Answer> =>
  user.post(`/v1/executions/${executionId}/signals`, {
    signalId: randomUUID(),
    signalType,
    payload: { waitId, ...(note === undefined ? {} : { note }) },
  });

describe('an intent that needs an approval', () => {
  it('is accepted and waits, through a kill of the Runtime too, until somebody else approves it', async () => {
    const submitted = await submit('approved');
    const { executionId } = submitted.body;
    expect(submitted).toMatchObject({ status: 202, body: { status: 'waiting' } });
    expect((await analyst.get(`/v1/executions/${executionId}/decision`)).body).toMatchObject({
      effect: 'require_approval',
      code: 'approval_required',
    });
    const waiting = await operator.get(`/v1/executions?status=waiting&waitFor=${executionId}`);
    expect(waiting.body.executions.map((one: Answer['body']) => one.executionId)).toEqual([executionId]);
    expect((await operator.get(`/v1/sagas/${executionId}`)).body).toMatchObject({
      status: 'waiting',
      substatus: 'waiting_approval',
      waits: [{ waitId: 'start', approval: true }],
      steps: [{ status: 'never_started' }],
    });

    await cluster.kill('runtime');
    const own = await until('the Runtime answers', async () => {
      const alsoOperator = await cluster.user(TENANT, 'analyst', 'operator');
      return answer(alsoOperator, executionId, 'approve');
    });
    expect(own).toMatchObject({ status: 403, body: { code: 'approval_of_own_intent' } });
    expect(await answer(analyst, executionId, 'approve')).toMatchObject({
      status: 403,
      body: { code: 'action_not_permitted' },
    });
    expect(typesOf(await analyst.records(executionId))).not.toContain('step.started');

    const approved = await answer(operator, executionId, 'approve', 'fine');
    expect(approved).toMatchObject({ status: 200, body: { signalType: 'approve', status: 'running' } });
    expect(await analyst.settled(executionId)).toMatchObject({ status: 'completed' });
    const records = await analyst.records(executionId);
    const at = records.findIndex(({ type }) => type === 'signal.applied');
    expect(records[at]).toMatchObject({ actor: 'user:olga', data: { payload: { note: 'fine' } } });
    expect(records[at + 1]?.type).toBe('step.started');
    expect((await submit('approved')).headers['idempotent-replayed']).toBe('true');
    expect((await auditor.post(`/v1/executions/${executionId}/validate`)).body).toMatchObject({ valid: true });
    const replayed = await auditor.post(`/v1/executions/${executionId}/replay`, { mode: 'state_only' });
    expect(replayed.body).toMatchObject({ equal: true });
  });

  it('is approved with the payload that it has by then, which has to keep its contract', async () => {
    const { executionId } = (await submit('changed')).body;
    const admin = await cluster.user(TENANT, 'adam', 'admin');
    const change = (params: object): Promise<Answer> =>
      admin.post(`/v1/executions/${executionId}/signals`, {
        signalId: randomUUID(),
        signalType: 'update_params',
        reason: 'as agreed',
        payload: { params },
      });
    expect(await change({ roadmapType: 7 })).toMatchObject({
      status: 400,
      body: { code: 'invalid_payload', field: '/payload/params/roadmapType' },
    });
    expect(await change({ contextId: `context_${'0'.repeat(32)}` })).toMatchObject({
      status: 403,
      body: { code: 'data_access_denied', field: '/payload/params/contextId' },
    });
    expect((await change({ goals: ['Two'] })).status).toBe(200);
    expect(await answer(operator, executionId, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'approval_not_open' },
    });
    const { waits } = (await operator.get(`/v1/sagas/${executionId}`)).body;
    expect(waits).toMatchObject([{ waitId: 'start.2', prompt: expect.stringContaining('changed by user:adam') }]);
    expect((await answer(operator, executionId, 'approve', 'fine', 'start.2')).status).toBe(200);
    expect(await analyst.settled(executionId)).toMatchObject({ status: 'completed' });
    expect((await auditor.post(`/v1/executions/${executionId}/validate`)).body).toMatchObject({ valid: true });
  });

  it('ends cancelled, with the reason, when somebody denies it', async () => {
    const { executionId } = (await submit('denied')).body;
    expect(await answer(operator, executionId, 'deny', 'not now')).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
    const result = (await analyst.get(`/v1/executions/${executionId}/result`)).body;
    expect(result).toMatchObject({ status: 'cancelled', error: { code: 'approval_denied', message: 'not now' } });
    expect(typesOf(await analyst.records(executionId))).not.toContain('step.started');
    expect(await answer(operator, executionId, 'approve')).toMatchObject({ body: { code: 'run_terminal' } });
    expect((await auditor.post(`/v1/executions/${executionId}/validate`)).body).toMatchObject({ valid: true });
  });

  it('ends cancelled when nobody answers in the time that policy sets', async () => {
    await publish({ timeoutSeconds: 1 });
    const { executionId } = (await submit('late')).body;
    expect(await analyst.settled(executionId)).toMatchObject({
      status: 'cancelled',
      error: { code: 'approval_timed_out' },
    });
  });

  it('is told so before it is submitted', async () => {
    const judged = await analyst.post('/v1/intents/validate', {
      sessionId,
      intentType: 'solution.create_roadmap',
      payload: ROADMAP,
    });
    expect(judged.body).toMatchObject({ acceptable: true, decision: { effect: 'require_approval' } });
  });
});
