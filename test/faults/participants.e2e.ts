import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, type EventRecord, typesOf, type User, until } from '../e2e/cluster.js';
import { closedGate, handled, startFaultyCluster, TENANT } from './faulty-cluster.js';

let cluster: Cluster;
let analyst: User;
let auditor: User;
let sessionId: string;

beforeAll(async () => {
  cluster = await startFaultyCluster();
  analyst = await cluster.user(TENANT, 'analyst', 'analyst');
  auditor = await cluster.user(TENANT, 'auditor', 'auditor');
  sessionId = await analyst.session();
});
afterAll(async () => cluster.lab.destroy());

const run = (name: string, payload: object = {}) => analyst.run(sessionId, `bench.${name}`, payload);

async function recordsOf(answer: { body: { executionId: string } }, type?: string): Promise<readonly EventRecord[]> {
  const records = await analyst.records(answer.body.executionId);
  return type === undefined ? records : records.filter((record) => record.type === type);
}

async function expectValid(executionId: string): Promise<void> {
  const { body } = await auditor.post(`/v1/executions/${executionId}/validate`);
  expect(body.checks.filter((check: { passed: boolean }) => !check.passed)).toEqual([]);
  expect(body.valid).toBe(true);
}

describe('a handler that hangs', () => {
  it.each([
    ['hang', 2, { status: 'failed', error: { code: 'step_timeout', retryable: true } }],
    ['hang_effectful', 2, { status: 'stuck', stuckReason: expect.stringContaining('is unknown') }],
    ['hang_park', 1, { status: 'stuck', stuckReason: expect.stringContaining('outcome of attempt') }],
  ])('%s: %i attempts whose outcome is unknown, then as declared', async (name, attempts, outcome) => {
    const answer = await run(name);
    expect(answer).toMatchObject({ status: 200, body: { ...outcome, result: null } });
    const failures = await recordsOf(answer, 'step.failed');
    expect(failures.map(({ data }) => data.outcome)).toEqual(Array.from({ length: attempts }, () => 'unknown'));
    await expectValid(answer.body.executionId);
  });
});

describe('a handler that fails', () => {
  it('twice, retryable, then succeeds: every attempt stays visible', async () => {
    const answer = await run('flaky');
    expect(answer.body).toMatchObject({
      status: 'completed',
      result: { artifacts: [{ semanticPayload: { logicalAttempt: 3 } }] },
    });
    const records = await recordsOf(answer);
    expect(typesOf(records).filter((type) => /^(step|timer)\./.test(type))).toEqual([
      'step.started',
      'step.failed',
      'step.retry_scheduled',
      'timer.set',
      'timer.fired',
      'step.started',
      'step.failed',
      'step.retry_scheduled',
      'timer.set',
      'timer.fired',
      'step.started',
      'step.succeeded',
    ]);
    const keys = (await recordsOf(answer, 'step.started')).map(({ data }) => data.idempotencyKey);
    expect(new Set(keys).size).toBe(1);
    await expectValid(answer.body.executionId);
  });

  it('for good: one attempt, its code and details', async () => {
    const answer = await run('refuse');
    expect(answer.body).toMatchObject({
      status: 'failed',
      error: { code: 'no_such_thing', retryable: false, details: { asked: 'thing' } },
    });
    expect(handled(cluster, answer.body.executionId)).toHaveLength(1);
  });

  it('with any exception: retried, then failed', async () => {
    const answer = await run('throw', { message: 'no disk' });
    expect(answer.body).toMatchObject({
      status: 'failed',
      error: { code: 'handler_failed', message: 'the handler threw Error' },
    });
    expect(handled(cluster, answer.body.executionId)).toHaveLength(2);
  });
});

describe('a result that breaks a contract', () => {
  it.each(['output', 'text', 'unstructured', 'extra', 'nothing', 'circle', 'notJson'])('%s', async (kind) => {
    const answer = await run('broken', { kind });
    expect(answer.body).toMatchObject({
      status: 'failed',
      result: null,
      error: { code: 'contract_violation', retryable: false },
    });
    expect(typesOf(await recordsOf(answer))).not.toContain('artifact.recorded');
    await expectValid(answer.body.executionId);
  });
});

describe('what a handler may not do', () => {
  it('change its intent and its context', async () => {
    const answer = await run('mutate', { n: 1, list: [1, 2, 3] });
    const [artifact] = answer.body.result.artifacts;
    expect(artifact.semanticPayload).toMatchObject({ n: 1, list: [1, 2, 3] });
    expect(artifact.semanticPayload.refused).toEqual(['payload', 'nested', 'tenant', 'context', 'content', 'roles']);
    const { state } = (await analyst.get(`/v1/executions/${answer.body.executionId}/state`)).body;
    expect(state.intent).toMatchObject({ tenantId: TENANT, payload: { n: 1, list: [1, 2, 3] } });
  });

  it('read what its decision did not allow', async () => {
    const mine = (await analyst.post('/v1/content', 'mine')).body.ref;
    const other = (await analyst.post('/v1/content', 'other')).body.ref;
    const allowed = await run('read', { contentRef: mine, read: mine });
    expect(allowed.body.result.artifacts[0].semanticPayload).toEqual({ text: 'mine' });
    const never = `content://${createHash('sha256').update('never').digest('hex')}`;
    for (const read of [other, never, 'content://x'])
      expect((await run('read', { contentRef: mine, read })).body).toMatchObject({
        status: 'failed',
        error: { code: 'reference_not_allowed' },
      });
  });
});

describe('an answer that comes after its call was given up', () => {
  it('is recorded as superseded and changes nothing', async () => {
    const open = closedGate(cluster, 'late');
    const answer = await analyst.submit(sessionId, 'bench.late', { gate: 'late' });
    const { executionId } = answer.body;
    await until('the call is given up', async () =>
      (await recordsOf(answer, 'step.failed')).length > 0 ? true : undefined,
    );
    open();
    expect(await analyst.settled(executionId)).toMatchObject({ status: 'completed' });
    const late = await until('the late answer is recorded', async () => {
      const found = await recordsOf(answer, 'call.superseded');
      return found.length > 0 ? found : undefined;
    });
    expect(late[0]).toMatchObject({ data: { stepId: 'main', outcome: expect.any(String) } });
    const types = typesOf(await recordsOf(answer));
    expect(types.filter((type) => type === 'step.succeeded' || type === 'execution.completed')).toEqual([
      'step.succeeded',
      'execution.completed',
    ]);
    expect(types.filter((type) => type === 'artifact.recorded')).toHaveLength(1);
    await expectValid(executionId);
  });
});

describe('a handler that takes its process down', () => {
  it('leaves an unknown outcome, which is resolved by running again', async () => {
    const answer = await run('crash');
    expect(answer.body).toMatchObject({
      status: 'completed',
      result: { artifacts: [{ semanticPayload: { deliveryAttempt: 2 } }] },
    });
    expect(await recordsOf(answer, 'step.failed')).toMatchObject([
      { data: { outcome: 'unknown', error: { code: 'participant_unreachable' } } },
    ]);
    await expectValid(answer.body.executionId);
  });

  it('or by a person, when its capability says so', async () => {
    const answer = await run('crash_park');
    expect(answer.body).toMatchObject({ status: 'stuck', error: null });
    expect(handled(cluster, answer.body.executionId)).toHaveLength(1);
    await until('the service is back', async () =>
      (await run('echo')).body.status === 'completed' ? true : undefined,
    );
  });
});
