import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Cluster, type EventRecord, typesOf, type User, until } from './cluster.js';
import { startTripCluster, TENANT, Trip } from './trips.js';

let cluster: Cluster;
let traveller: User;
let operator: User;
let engineer: User;
let admin: User;
let auditor: User;
let sessionId: string;

beforeAll(async () => {
  cluster = await startTripCluster();
  traveller = await cluster.user(TENANT, 'ann', 'analyst');
  operator = await cluster.user(TENANT, 'olga', 'operator');
  engineer = await cluster.user(TENANT, 'ed', 'engineer');
  admin = await cluster.user(TENANT, 'ada', 'admin');
  auditor = await cluster.user(TENANT, 'aud', 'auditor');
  sessionId = await traveller.session();
});
afterAll(async () => cluster.lab.destroy());

const start = (...closed: string[]) => Trip.start(cluster, traveller, sessionId, ...closed);

const send = (user: User, { executionId }: Trip, signalType: string, payload: object = {}, more: object = {}) =>
  user.post(`/v1/executions/${executionId}/signals`, { signalId: randomUUID(), signalType, payload, ...more });

const reason = { reason: 'a test wants it' };

async function expectRefused(answer: Answer, status: number, code: string, trip: Trip): Promise<void> {
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  const refusal = await auditor.get(`/v1/refusals/${answer.body.refusalId}`);
  expect(refusal.body).toMatchObject({
    code,
    actor: expect.stringMatching(/^user:/),
    action: expect.stringMatching(/^signal\./),
    targetId: trip.executionId,
  });
  const types = typesOf(await traveller.records(trip.executionId));
  expect(types).not.toContain('intent.rejected');
}

async function stuckAtPay(): Promise<Trip> {
  const trip = await start('pay');
  await trip.is('stuck');
  return trip;
}

describe('pause and resume', () => {
  it('drains what runs, starts nothing new, and goes on', async () => {
    const trip = await start('reserve');
    await trip.stepIs('reserve', 'started');
    const paused = await send(operator, trip, 'pause', {}, { reason: 'lunch' });
    expect(paused).toMatchObject({
      status: 200,
      body: { signalType: 'pause', role: 'operator', status: 'paused', substatus: 'draining', newExecutionId: null },
    });
    trip.open('reserve');
    await trip.stepIs('reserve', 'succeeded');
    expect((await trip.saga()).body).toMatchObject({ status: 'paused', substatus: null, pausedBecause: 'lunch' });
    expect((await send(operator, trip, 'resume')).body.status).toBe('running');
    await trip.is('completed');
    const records = await traveller.records(trip.executionId);
    const at = records.findIndex(({ type }) => type === 'signal.decided');
    expect(records.slice(at, at + 3).map(({ type, actor }) => [type, actor])).toEqual([
      ['signal.decided', 'service:smart-city'],
      ['signal.applied', 'user:olga'],
      ['execution.paused', 'user:olga'],
    ]);
    expect(records[at + 1]?.seq).toBe(paused.body.appliedSeq);
    const check = await auditor.post(`/v1/executions/${trip.executionId}/validate`);
    expect(check.body).toMatchObject({ valid: true });
  });
});

describe('cancel and compensate', () => {
  it('undo what was done, and need a reason', async () => {
    const trip = await start('reserve');
    await trip.stepIs('reserve', 'started');
    await expectRefused(await send(operator, trip, 'cancel'), 400, 'authz_reason_required', trip);
    expect(await send(operator, trip, 'cancel', {}, reason)).toMatchObject({ status: 200, body: { role: 'operator' } });
    trip.open('reserve');
    const saga = await trip.is('cancelled');
    expect(saga.steps.map((step: Answer['body']) => [step.stepId, step.compensation?.status])).toEqual([
      ['reserve', 'succeeded'],
      ['pay', 'none'],
      ['ticket', undefined],
    ]);
    expect(await operator.metric('intendant_alerts_total{level="P1"}')).toBeGreaterThan(0);
    await expectRefused(await send(engineer, trip, 'compensate', {}, reason), 409, 'run_terminal', trip);
  });

  it('as a form of the saga, named by its key', async () => {
    const trip = await start('reserve');
    await trip.stepIs('reserve', 'started');
    const compensate = () =>
      engineer.post(`/v1/sagas/${trip.executionId}/compensate`, reason, { 'idempotency-key': 'once' });
    const first = await compensate();
    trip.open('reserve');
    await trip.is('compensated');
    const again = await compensate();
    expect([first.status, again.status, again.headers['idempotent-replayed']]).toEqual([200, 200, 'true']);
    expect(again.body).toMatchObject({ signalId: first.body.signalId, appliedSeq: first.body.appliedSeq });
  });

  it('lead forward when the last step, which nothing undoes, was at work and has succeeded', async () => {
    const trip = await start('ticket');
    await trip.stepIs('ticket', 'started');
    expect((await send(operator, trip, 'cancel', {}, reason)).status).toBe(200);
    trip.open('ticket');
    const saga = await trip.is('completed');
    expect(saga.steps.every((step: Answer['body']) => step.compensation?.status !== 'succeeded')).toBe(true);
    const check = await auditor.post(`/v1/executions/${trip.executionId}/validate`);
    expect(check.body).toMatchObject({ valid: true });
  });
});

describe('a stuck saga', () => {
  it('is in the queue, claimed, retried after a restart of the Runtime, and completes', async () => {
    const trip = await stuckAtPay();
    const queue = async () => {
      const { body } = await until('the read model is behind nothing', async () => {
        const answer = await operator.get(`/v1/sagas/stuck?waitFor=${trip.executionId}`);
        return answer.status === 503 ? undefined : answer;
      });
      return body.stuck.find((one: { executionId: string }) => one.executionId === trip.executionId);
    };
    expect(await queue()).toMatchObject({
      intentType: 'bench.trip',
      stepId: 'pay',
      submittedBy: 'ann',
      owner: 'service:bench',
      claimedBy: null,
    });
    expect((await operator.post(`/v1/sagas/${trip.executionId}/claim`)).status).toBe(200);
    expect(await queue()).toMatchObject({ owner: 'user:olga', claimedBy: 'olga' });
    await until('the gauge knows', async () =>
      (await operator.metric('intendant_executions_stuck{realm="bench"}')) > 0 ? true : undefined,
    );
    await cluster.kill('runtime');
    trip.open('pay');
    const retried = await engineer.post(`/v1/sagas/${trip.executionId}/steps/pay/retry`, {});
    expect(retried).toMatchObject({ status: 200, body: { signalType: 'retry_step', role: 'engineer' } });
    const saga = await trip.is('completed');
    expect(saga.steps[1]).toMatchObject({ stepId: 'pay', status: 'succeeded', attempts: 2 });
    expect(await queue()).toBeUndefined();
  });

  it('goes on without a step that is skipped, but never skips what may have happened', async () => {
    const trip = await stuckAtPay();
    const steps = `/v1/sagas/${trip.executionId}/steps`;
    await expectRefused(await engineer.post(`${steps}/pay/skip`, reason), 409, 'signal_not_applicable', trip);
    const answer = await engineer.post(`${steps}/ticket/skip`, reason);
    expect(answer).toMatchObject({ status: 200, body: { signalType: 'skip_step' } });
    expect((await engineer.post(`${steps}/pay/resolve`, { outcome: 'succeeded', ...reason })).status).toBe(200);
    expect((await trip.is('completed')).steps[2]).toMatchObject({ stepId: 'ticket', status: 'skipped' });
  });

  it('goes on with an outcome that a person found', async () => {
    const trip = await stuckAtPay();
    const path = `/v1/sagas/${trip.executionId}/steps/pay/resolve`;
    await expectRefused(await engineer.post(path, { outcome: 'succeeded' }), 400, 'authz_reason_required', trip);
    expect((await engineer.post(path, { outcome: 'succeeded', ...reason })).status).toBe(200);
    await trip.is('completed');
    const replay = await auditor.post(`/v1/sagas/${trip.executionId}/replay`, { mode: 'state_only' });
    expect(replay.body).toMatchObject({ equal: true });
  });
});

describe('emergency stop', () => {
  it('ends it at once; what its calls still bring is late', async () => {
    const trip = await start('reserve');
    await trip.stepIs('reserve', 'started');
    await expectRefused(await send(engineer, trip, 'emergency_stop', {}, reason), 403, 'action_not_permitted', trip);
    const stopped = await send(admin, trip, 'emergency_stop', { forceKill: true }, reason);
    expect(stopped).toMatchObject({ status: 200, body: { role: 'admin', status: 'cancelled' } });
    await until('the late outcome is recorded', async () =>
      typesOf(await traveller.records(trip.executionId)).includes('call.superseded') ? true : undefined,
    );
    const alerted = await send(admin, trip, 'escalate_alert', { level: 'CRITICAL', note: 'look' });
    expect(alerted).toMatchObject({ status: 200, body: { role: 'admin', status: 'cancelled' } });
  });

  it('amid undoing leaves a history that is legal, and an execution that waits for nothing', async () => {
    const trip = await start('ticket');
    await trip.stepIs('ticket', 'started');
    await send(engineer, trip, 'compensate', {}, reason);
    expect((await trip.saga()).body.status).toBe('compensating');
    expect((await send(admin, trip, 'emergency_stop', {}, reason)).body.status).toBe('cancelled');
    expect((await trip.saga()).body).toMatchObject({ health: 'healthy', waits: [], stuckReason: null });
    const validation = await auditor.post(`/v1/executions/${trip.executionId}/validate`);
    expect(validation.body).toMatchObject({ valid: true });
  });
});

describe('a signal id', () => {
  it('means one signal for ever', async () => {
    const trip = await start('reserve');
    const signalId = randomUUID();
    const path = `/v1/executions/${trip.executionId}/signals`;
    const first = await operator.post(path, { signalId, signalType: 'pause' });
    const again = await operator.post(path, { signalId, signalType: 'pause', payload: {} });
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    const other = await operator.post(path, { signalId, signalType: 'resume' });
    await expectRefused(other, 409, 'signal_duplicate', trip);
    const { decisionId } = first.body;
    for (const id of [signalId, decisionId])
      expect((await operator.get(`${path}/${id}`)).body).toMatchObject({ signalId, decisionId, actor: 'user:olga' });
    expect((await operator.get(path)).body.signals).toHaveLength(1);
    expect(await operator.get(`${path}/${randomUUID()}`)).toMatchObject({
      status: 404,
      body: { code: 'signal_not_found' },
    });
  });
});

describe('a signal that is refused', () => {
  it('is in the refusal stream and not in the history', async () => {
    const trip = await start('reserve');
    const before = await traveller.records(trip.executionId);
    await expectRefused(await send(traveller, trip, 'pause'), 403, 'action_not_permitted', trip);
    await expectRefused(await send(operator, trip, 'resume'), 409, 'signal_not_applicable', trip);
    await expectRefused(
      await send(engineer, trip, 'retry_step', { stepId: 'reserve' }),
      409,
      'step_not_terminal',
      trip,
    );
    await expectRefused(await send(engineer, trip, 'retry_step', { stepId: 'none' }), 404, 'step_not_found', trip);
    await expectRefused(await send(traveller, trip, 'pause', { now: true }), 400, 'signal_invalid_payload', trip);
    await expectRefused(await send(operator, trip, 'explode'), 400, 'signal_invalid_payload', trip);
    expect(await traveller.records(trip.executionId)).toEqual(before);
    trip.open('reserve');
  });

  it('when it is another tenant’s, as if there were no such execution', async () => {
    const trip = await start('reserve');
    const stranger = await cluster.user('t_showcase', 'sue', 'admin');
    const theirs = await send(stranger, trip, 'pause');
    const nobodys = await stranger.post(`/v1/executions/exe_${'0'.repeat(32)}/signals`, {
      signalId: randomUUID(),
      signalType: 'pause',
    });
    const without = ({ body }: Answer) => ({ ...body, correlationId: undefined });
    expect([theirs.status, without(theirs)]).toEqual([404, without(nobodys)]);
  });
});

describe('retry_execution', () => {
  it('makes a new execution that names the old one, once', async () => {
    const trip = await start();
    await trip.is('completed');
    const both = await cluster.user(TENANT, 'eve', 'analyst', 'engineer');
    const signalId = randomUUID();
    const retry = async () =>
      both.post(`/v1/executions/${trip.executionId}/signals`, {
        signalId,
        signalType: 'retry_execution',
        payload: { sessionId: session },
      });
    const session = await both.session();
    const before = await traveller.records(trip.executionId);
    const [first, again] = [await retry(), await retry()];
    expect(first).toMatchObject({ status: 200, body: { role: 'engineer', appliedSeq: null, status: 'completed' } });
    expect(again).toMatchObject({ status: 200, body: first.body });
    const { newExecutionId } = first.body;
    expect(newExecutionId).not.toBe(trip.executionId);
    const [received] = await both.records(newExecutionId);
    expect(received?.data.intent).toMatchObject({
      userId: 'eve',
      metadata: { retryOf: trip.executionId },
      payload: before[0]?.data.intent.payload,
    });
    expect(await traveller.records(trip.executionId)).toEqual(before);
    expect((await both.get(`/v1/executions/${newExecutionId}`)).body.retryOf).toBe(trip.executionId);
    expect((await both.get(`/v1/executions/${trip.executionId}`)).body.retryOf).toBeNull();
    const told = await both.get(`/v1/executions/${newExecutionId}/decision`);
    expect(told.body.decisionId).not.toBe(first.body.decisionId);
    const recorded = await engineer.get(`/v1/executions/${trip.executionId}/signals/${signalId}`);
    expect(recorded.body).toMatchObject({ signalType: 'retry_execution', actor: 'user:eve' });
    expect(recorded.body).toMatchObject({ decidedSeq: null, appliedSeq: null });
  });

  it('needs a session of whoever sends it, and a role that may submit the intent', async () => {
    const trip = await start();
    await trip.is('completed');
    const both = await cluster.user(TENANT, 'eve', 'analyst', 'engineer');
    const refused = await send(both, trip, 'retry_execution');
    expect(refused).toMatchObject({ status: 403, body: { code: 'session_invalid', field: '/payload/sessionId' } });
  });

  it('that is refused was decided on and not applied', async () => {
    const trip = await start();
    await trip.is('completed');
    const signalId = randomUUID();
    const signal = { signalId, signalType: 'retry_execution', payload: {} };
    const refused = await engineer.post(`/v1/executions/${trip.executionId}/signals`, signal);
    expect(refused).toMatchObject({ status: 403, body: { code: 'session_invalid' } });
    const both = await cluster.user(TENANT, 'eve', 'analyst', 'engineer');
    const applied = randomUUID();
    const answer = await both.post(`/v1/executions/${trip.executionId}/signals`, {
      ...signal,
      signalId: applied,
      payload: { sessionId: await both.session() },
    });
    expect(answer.status).toBe(200);
    const told = await until('the retry is found', async () => {
      const path = `/v1/wal/records?executionId=${trip.executionId}&limit=200`;
      const records = (await auditor.get(path)).body.records as EventRecord[];
      return records.some(({ type }) => type === 'signal.applied') ? records : undefined;
    });
    const times = told.map(({ occurredAt }) => occurredAt);
    expect(times).toEqual([...times].sort());
    const signals = told.filter(({ type }) => type.startsWith('signal.'));
    expect(signals.map(({ type, data }) => [type, data.signalId])).toEqual([
      ['signal.decided', signalId],
      ['signal.decided', applied],
      ['signal.applied', applied],
    ]);
  });

  it('is for what has ended', async () => {
    const trip = await start('reserve');
    const both = await cluster.user(TENANT, 'ann', 'analyst', 'engineer');
    await expectRefused(await send(both, trip, 'retry_execution'), 409, 'signal_not_applicable', trip);
  });
});

describe('a method that a path does not take', () => {
  it.each([
    ['PUT', '/v1/intents', 'POST'],
    ['DELETE', '/v1/executions/exe_1/signals', 'GET, HEAD, POST'],
    ['POST', '/v1/sagas/exe_1', 'GET, HEAD'],
    ['PATCH', '/health/live?x=1', 'GET, HEAD'],
  ])('%s %s: 405, allowed is %s', async (method, path, allow) => {
    const answer = await traveller.call(method, path);
    expect([answer.status, answer.body.code, answer.headers['allow']]).toEqual([405, 'method_not_allowed', allow]);
  });

  it('is told from a path that is not there', async () => {
    expect((await traveller.call('PUT', '/v1/nothing')).status).toBe(404);
  });
});

describe('a correlation id', () => {
  it.each(['with a space', 'x'.repeat(129)])('%s is refused, not replaced', async (id) => {
    const answer = await traveller.get('/v1/executions', { 'x-correlation-id': id });
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([
      400,
      'invalid_request',
      'header x-correlation-id',
    ]);
  });
});

describe('a path that cannot be read', () => {
  it.each(['/v1/data/references/%E0', '/v1/executions/%E0%A4%A', `/v1/executions/${'x'.repeat(300)}`])(
    '%s: 400 invalid_request',
    async (path) => {
      const answer = await traveller.get(path);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect([answer.status, answer.body.code, answer.body.field]).toEqual([400, 'invalid_request', 'path']);
    },
  );
});

describe('every history that signals made', () => {
  it('is valid by its log alone', async () => {
    const executions = await until('the lists know of them', async () => {
      const { body } = await auditor.get('/v1/executions?limit=200');
      return body.executions.length > 10 ? body.executions : undefined;
    });
    for (const { executionId } of executions) {
      const { body } = await auditor.post(`/v1/executions/${executionId}/validate`);
      expect([executionId, body.checks.filter((check: { passed: boolean }) => !check.passed)]).toEqual([
        executionId,
        [],
      ]);
    }
  });
});
