import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Lab, labServices } from '@intendant/lab';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, startCluster, User } from './cluster.js';
import { DescribedAnswers } from './described-answers.js';
import { TENANT, Trip, tripService } from './trips.js';

let cluster: Awaited<ReturnType<typeof startCluster>>;
let lab: Lab;
let analyst: User;
let auditor: User;
let admin: User;
let described: DescribedAnswers;

beforeAll(async () => {
  cluster = await startCluster({ services: [...labServices, tripService] });
  lab = cluster.lab;
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
  admin = await cluster.user('t_showcase', 'admin', 'policy_admin');
  described = new DescribedAnswers((await analyst.get('/openapi.json')).body);
});
afterAll(async () => lab.destroy());

interface Call {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Values for the `{…}` of the path, and the query. */
  readonly with?: Record<string, string>;
  readonly query?: string;
}

/** Makes a call and expects the answer to have this status and to be what the document says. */
async function ask(user: User, route: string, status: number, call: Call = {}): Promise<Answer> {
  const [method, path] = route.split(' ') as [string, string];
  const url = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => call.with?.[name] ?? '') + (call.query ?? '');
  const answer = await user.call(method, url, call.body, call.headers);
  expect([route, answer.status, described.faults(method, path, answer)]).toEqual([route, status, []]);
  return answer;
}

describe('answers of a running cluster are as the document says', () => {
  let sessionId: string;
  let executionId: string;
  let intent: object;

  it('sessions and content', async () => {
    sessionId = (await ask(analyst, 'POST /v1/sessions', 201, { body: {} })).body.sessionId;
    await ask(analyst, 'GET /v1/sessions/{sessionId}', 200, { with: { sessionId } });
    await ask(auditor, 'GET /v1/sessions/{sessionId}', 404, { with: { sessionId } });
    await ask(analyst, 'POST /v1/sessions', 400, { body: { unknown: 1 } });
    const staged = await ask(analyst, 'POST /v1/content', 201, { body: 'name\nAda\n' });
    const sha256 = staged.body.sha256;
    await ask(analyst, 'GET /v1/content/{sha256}', 200, { with: { sha256 } });
    await ask(analyst, 'GET /v1/content/{sha256}', 404, { with: { sha256: '0'.repeat(64) } });
    await ask(analyst, 'POST /v1/content', 422, { body: 'x', query: `?sha256=${sha256}` });
    const payload = { uiName: 'names.csv', fileType: 'csv', contentRef: staged.body.ref };
    intent = { sessionId, intentType: 'content.upload', payload, metadata: { source: 'e2e' } };
  });

  it('intents', async () => {
    await ask(analyst, 'POST /v1/intents/validate', 200, { body: intent });
    const headers = { 'idempotency-key': 'one', prefer: 'wait=60' };
    const run = await ask(analyst, 'POST /v1/intents', 200, { body: intent, headers });
    expect(run.body.status).toBe('completed');
    executionId = run.body.executionId;
    await ask(analyst, 'POST /v1/intents', 202, { body: intent });
    expect(
      (await ask(analyst, 'POST /v1/intents', 200, { body: intent, headers })).headers['idempotent-replayed'],
    ).toBe('true');
    const other = { ...intent, payload: {} };
    await ask(analyst, 'POST /v1/intents', 422, { body: other, headers });
    await ask(analyst, 'POST /v1/intents', 400, { body: other });
    await ask(analyst, 'POST /v1/intents', 400, { body: intent, headers: { prefer: 'wait=61' } });
    await ask(analyst, 'POST /v1/intents', 403, { body: { ...intent, tenantId: 't_other' } });
    await ask(analyst, 'POST /v1/intents', 403, {
      body: { ...intent, intentType: 'content.no_such_thing', sessionId: `ses_${'0'.repeat(32)}` },
    });
    await ask(analyst, 'POST /v1/intents', 415, { body: 'text' });
    await ask(new User(lab.url, 'nobody'), 'POST /v1/intents', 401, { body: intent });
    const judged = await ask(analyst, 'POST /v1/intents/validate', 200, {
      body: { ...intent, intentType: 'content.no_such_thing' },
    });
    expect(judged.body.acceptable).toBe(false);
  });

  it('executions', async () => {
    const one = { with: { executionId } };
    for (const view of ['', '/status', '/state', '/result', '/decision', '/events'])
      await ask(analyst, `GET /v1/executions/{executionId}${view}`, 200, one);
    await ask(analyst, 'GET /v1/executions/{executionId}/events', 200, {
      ...one,
      headers: { accept: 'Text/Event-Stream' },
    });
    for (const query of ['?limit=x', '?limit=0', '?limit=1001'])
      await ask(analyst, 'GET /v1/executions/{executionId}/events', 400, { ...one, query });
    await ask(analyst, 'GET /v1/executions/{executionId}', 404, { with: { executionId: `exe_${'0'.repeat(32)}` } });
    for (const mode of ['events_only', 'state_only']) {
      await ask(auditor, 'POST /v1/executions/{executionId}/replay', 200, { ...one, body: { mode } });
      await ask(auditor, 'POST /v1/sessions/{sessionId}/replay', 200, { with: { sessionId }, body: { mode } });
    }
    await ask(auditor, 'POST /v1/executions/{executionId}/validate', 200, one);
    await ask(analyst, 'POST /v1/executions/{executionId}/replay', 403, { ...one, body: { mode: 'state_only' } });
    await ask(auditor, 'POST /v1/executions/{executionId}/replay', 400, { ...one, body: { mode: 'partly' } });
    await ask(auditor, 'POST /v1/executions/{executionId}/replay', 200, { ...one, body: { mode: 'full' } });
  });

  it('signals and sagas', async () => {
    const traveller = await cluster.user(TENANT, 'ann', 'analyst');
    const engineer = await cluster.user(TENANT, 'ed', 'engineer');
    const overseer = await cluster.user(TENANT, 'aud', 'auditor');
    const tripSession = await traveller.session();
    const trip = async (...closed: string[]) => Trip.start(cluster, traveller, tripSession, ...closed);
    const stuck = async () => {
      const made = await trip('pay');
      await made.is('stuck');
      return { executionId: made.executionId, stepId: 'pay' };
    };
    const [first, second, third, turned] = await Promise.all([stuck(), stuck(), stuck(), trip('reserve')]);
    await turned.stepIs('reserve', 'started');
    const because = { reason: 'the document says so' };
    const list = await ask(engineer, 'GET /v1/sagas/stuck', 200, { query: `?waitFor=${third.executionId}` });
    expect(list.body.stuck.length).toBeGreaterThan(0);
    await ask(engineer, 'GET /v1/sagas/stuck', 400, { query: '?limit=0' });
    await ask(engineer, 'POST /v1/sagas/{executionId}/claim', 200, { with: first });
    await ask(engineer, 'POST /v1/sagas/{executionId}/steps/{stepId}/retry', 200, { with: first, body: because });
    await ask(engineer, 'POST /v1/sagas/{executionId}/steps/{stepId}/skip', 409, { with: second, body: because });
    const notBegun = { ...second, stepId: 'ticket' };
    await ask(engineer, 'POST /v1/sagas/{executionId}/steps/{stepId}/skip', 200, { with: notBegun, body: because });
    const resolve = 'POST /v1/sagas/{executionId}/steps/{stepId}/resolve';
    await ask(engineer, resolve, 400, { with: third, body: { outcome: 'succeeded' } });
    await ask(engineer, resolve, 200, { with: third, body: { outcome: 'succeeded', ...because } });
    const { executionId: id } = turned;
    await ask(engineer, 'POST /v1/sagas/{executionId}/compensate', 200, { with: { executionId: id }, body: because });
    turned.open('reserve');
    await turned.is('compensated');
    const at = { with: { executionId: id } };
    await ask(traveller, 'GET /v1/sagas/{executionId}', 200, at);
    await ask(overseer, 'POST /v1/sagas/{executionId}/replay', 200, { ...at, body: { mode: 'state_only' } });
    const send = 'POST /v1/executions/{executionId}/signals';
    const signal = (signalType: string, payload: object = {}) => ({ signalId: randomUUID(), signalType, payload });
    await ask(engineer, send, 409, { ...at, body: signal('pause') });
    await ask(engineer, send, 400, { ...at, body: signal('pause', { now: 1 }) });
    await ask(traveller, send, 403, { ...at, body: signal('pause') });
    await ask(engineer, send, 404, { with: { executionId: `exe_${'0'.repeat(32)}` }, body: signal('pause') });
    const both = await cluster.user(TENANT, 'ann', 'analyst', 'engineer');
    const sent = await ask(both, send, 200, { ...at, body: signal('retry_execution') });
    await ask(engineer, 'GET /v1/executions/{executionId}/signals', 200, at);
    const one = 'GET /v1/executions/{executionId}/signals/{signalId}';
    await ask(engineer, one, 200, { with: { executionId: id, signalId: sent.body.signalId } });
    await ask(engineer, one, 404, { with: { executionId: id, signalId: randomUUID() } });
  });

  it('lists', async () => {
    const query = `?waitFor=${executionId}&limit=5`;
    expect((await ask(analyst, 'GET /v1/executions', 200, { query })).body.executions.length).toBeGreaterThan(0);
    expect((await ask(auditor, 'GET /v1/wal/records', 200, { query })).body.records.length).toBeGreaterThan(0);
    await ask(analyst, 'GET /v1/executions', 400, { query: '?limit=0' });
    await ask(analyst, 'GET /v1/wal/records', 403);
  });

  it('references', async () => {
    const query = `?waitFor=${executionId}`;
    const { references } = (await ask(analyst, 'GET /v1/data/references', 200, { query: `${query}&limit=5` })).body;
    const [{ referenceId }] = references.filter((one: { referenceType: string }) => one.referenceType === 'file');
    const one = { with: { referenceId } };
    for (const part of ['', '/provenance', '/lineage'])
      await ask(analyst, `GET /v1/data/references/{referenceId}${part}`, 200, { ...one, query });
    await ask(analyst, 'GET /v1/data/references', 400, { query: '?limit=0' });
    await ask(analyst, 'GET /v1/data/references', 400, { query: '?type=a%00b' });
    await ask(analyst, 'GET /v1/data/references/{referenceId}', 404, { with: { referenceId: 'file_unknown' } });
    await ask(analyst, 'GET /v1/data/references/{referenceId}/lineage', 400, { ...one, query: '?depth=0' });
    const grants = '/v1/data/references/{referenceId}/grants';
    await ask(analyst, `POST ${grants}`, 200, { ...one, body: { grantee: 'user:bob' } });
    await ask(analyst, `POST ${grants}`, 400, { ...one, body: { grantee: 'bob' } });
    await ask(analyst, `GET ${grants}`, 200, one);
    await ask(analyst, `GET ${grants}`, 404, { with: { referenceId: 'file_unknown' } });
    await ask(analyst, `DELETE ${grants}/{grantee}`, 200, { with: { ...one.with, grantee: 'user:bob' } });
    await ask(analyst, 'POST /v1/data/mash', 200, { body: { references: [referenceId, 'file_unknown'] }, query });
    await ask(analyst, 'POST /v1/data/mash', 400, { body: { references: [] } });
    const body = { referenceId, projection: 'deterministic' };
    await ask(analyst, 'POST /v1/data/projections', 501, { body });
    await ask(analyst, 'POST /v1/data/projections', 400, { body: {} });
  });

  it('refusals', async () => {
    const { refusals } = (await ask(auditor, 'GET /v1/refusals', 200)).body;
    for (const { refusalId } of refusals)
      await ask(auditor, 'GET /v1/refusals/{refusalId}', 200, { with: { refusalId } });
    await ask(analyst, 'GET /v1/refusals', 200, { query: '?limit=1' });
    const [{ refusalId: another }] = refusals.filter((one: { actor: string }) => one.actor === 'user:analyst');
    const reader = await cluster.user('t_showcase', 'reader', 'analyst');
    await ask(reader, 'GET /v1/refusals/{refusalId}', 403, { with: { refusalId: another } });
    await ask(auditor, 'GET /v1/refusals/{refusalId}', 404, { with: { refusalId: 'rfs_1' } });
  });

  it('the outbox, which publishes nowhere here', async () => {
    const operator = await cluster.user('t_showcase', 'operator', 'operator');
    expect((await ask(operator, 'GET /v1/outbox', 200)).body).toMatchObject({ broker: 'none', state: 'off' });
    await ask(analyst, 'GET /v1/outbox', 403);
    const { entries } = (await ask(analyst, 'GET /v1/outbox/entries', 200, { query: `?executionId=${executionId}` }))
      .body;
    expect(entries).toMatchObject([{ eventType: 'content.file_registered', published: false, dead: false }]);
    await ask(analyst, 'GET /v1/outbox/entries', 400);
    await ask(operator, 'POST /v1/outbox/dead-letters/{eventId}/redrive', 404, { with: { eventId: 'none' } });
  });

  it('policies', async () => {
    const bundle = JSON.parse(await readFile(new URL('../../policies/t_showcase.json', import.meta.url), 'utf8'));
    await ask(admin, 'POST /v1/policies', 201, { body: { ...bundle, revision: 2 } });
    await ask(admin, 'POST /v1/policies', 409, { body: { ...bundle, revision: 2, description: 'another' } });
    await ask(admin, 'POST /v1/policies', 422, { body: { ...bundle, revision: 3, roles: 1 } });
    await ask(analyst, 'POST /v1/policies', 403, { body: bundle });
  });

  it('the read model', async () => {
    const operator = await cluster.user(TENANT, 'op', 'operator');
    const query = `?range=1h&waitFor=${executionId}`;
    const metrics = await ask(auditor, 'GET /v1/metrics/executions', 200, { query });
    expect(metrics.body).toMatchObject({ scope: 'tenant', range: '1h' });
    expect(metrics.body.successful).toBeGreaterThan(0);
    await ask(auditor, 'GET /v1/metrics/executions', 400, { query: '?range=2h' });
    await ask(operator, 'POST /v1/read-model/rebuild', 202);
    expect((await ask(operator, 'GET /v1/read-model', 200)).body).toMatchObject({ connected: true, active: true });
    await ask(analyst, 'POST /v1/read-model/rebuild', 403);
    await ask(analyst, 'GET /v1/read-model', 403);
  });

  it('the platform', async () => {
    await ask(analyst, 'GET /health/live', 200);
    await ask(analyst, 'GET /health/ready', 200);
    await ask(analyst, 'GET /metrics', 200);
    await ask(analyst, 'GET /openapi.json', 200);
    await ask(analyst, 'GET /docs/errors/{code}', 200, { with: { code: 'not_found' } });
    await ask(analyst, 'GET /docs/errors/{code}', 404, { with: { code: 'no_such_code' } });
    await ask(analyst, 'DELETE /v1/sessions/{sessionId}', 200, { with: { sessionId } });
  });

  it('and one that is not would be noticed', () => {
    const answer = { status: 200, headers: { 'content-type': 'application/json' }, body: { status: 'live', more: 1 } };
    expect(described.faults('GET', '/health/live', answer)).toEqual([expect.stringContaining('additional properties')]);
    expect(described.faults('GET', '/health/live', { ...answer, body: {} })).toEqual([
      expect.stringContaining('status'),
    ]);
    expect(described.faults('GET', '/health/live', { ...answer, status: 418 })).toHaveLength(1);
  });

  it('and every operation was asked with success, or said that it is deferred', async () => {
    const { paths } = (await analyst.get('/openapi.json')).body as { paths: Record<string, Record<string, unknown>> };
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const answered = new Set(
      [...described.seen].filter((one) => / (2\d\d|501)$/.test(one)).map((one) => one.slice(0, -4)),
    );
    // where there is a broker, outbox.e2e.ts asks for this one
    answered.add('POST /v1/outbox/dead-letters/{eventId}/redrive');
    expect(operations.filter((operation) => !answered.has(operation))).toEqual([]);
  });
});
