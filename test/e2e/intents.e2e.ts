import type { Lab } from '@intendant/lab';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCluster, typesOf, type User } from './cluster.js';

let lab: Lab;
let analyst: User;
let colleague: User;
let auditor: User;
let sessionId: string;

beforeAll(async () => {
  const cluster = await startCluster();
  lab = cluster.lab;
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  colleague = await cluster.user('t_showcase', 'colleague', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
  sessionId = await analyst.session();
});
afterAll(async () => lab.destroy());

const ROADMAP = { goals: ['Modernise claims intake'], roadmapType: 'strategic' };
const json = { 'content-type': 'application/json' };
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('what is no strict JSON is refused, naming the place', () => {
  it.each([
    ['duplicate_key', '{"intentType":"a.b","intentType":"c.d"}', '/intentType'],
    ['duplicate_key', '{"payload":{"a":1,"a":1}}', '/payload/a'],
    ['unsafe_integer', '{"payload":{"n":9007199254740993}}', '/payload/n'],
    ['number_out_of_range', '{"payload":{"n":1e999}}', '/payload/n'],
    ['lone_surrogate', '{"payload":{"s":"\\ud800"}}', '/payload/s'],
    ['forbidden_key', '{"payload":{"__proto__":{"admin":true}}}', '/payload/__proto__'],
    ['forbidden_key', '{"constructor":1}', '/constructor'],
    ['too_deep', `{"payload":${nested(64)}}`, expect.stringMatching(/^\/payload(\/0)+$/)],
    ['syntax', '{"payload":{},}', expect.any(String)],
    ['syntax', '', ''],
  ])('%s (%#)', async (reason, body, field) => {
    const answer = await analyst.post('/v1/intents', body, json);
    expect(answer).toMatchObject({ status: 400, body: { code: 'malformed_json', reason, field } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('bytes that are no UTF-8, a body that is no object, and one that is too large', async () => {
    const invalid = await analyst.post('/v1/intents', Buffer.from([0x7b, 0xff, 0x7d]), json);
    expect(invalid).toMatchObject({ status: 400, body: { code: 'malformed_json', reason: 'not_utf8' } });
    expect(await analyst.post('/v1/intents', [1])).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', field: '' },
    });
    const huge = `{"payload":{"s":"${'x'.repeat(1024 * 1024)}"}}`;
    expect(await analyst.post('/v1/intents', huge, json)).toMatchObject({
      status: 413,
      body: { code: 'body_too_large', field: 'body' },
    });
    expect(await analyst.post('/v1/intents', 'hello')).toMatchObject({
      status: 415,
      body: { code: 'unsupported_media_type' },
    });
  });
});

describe('fields (SYM-I1 to I4, I7, I10)', () => {
  it.each([
    ['no intent type', { intentType: undefined }, '/intentType'],
    ['no session', { sessionId: undefined }, '/sessionId'],
    ['no payload', { payload: undefined }, '/payload'],
    ['a payload that is a list', { payload: [] }, '/payload'],
    ['a payload that is a text', { payload: 'x' }, '/payload'],
    ['metadata that is a list', { metadata: [] }, '/metadata'],
    ['a correlation id with blanks', { metadata: { correlationId: 'a b' } }, '/metadata/correlationId'],
    ['a parent of its own making', { metadata: { parentExecutionId: 'exe_1' } }, '/metadata/parentExecutionId'],
    ['one segment', { intentType: 'content' }, '/intentType'],
    ['an empty segment', { intentType: 'content.' }, '/intentType'],
    ['upper case', { intentType: 'Content.Upload' }, '/intentType'],
    ['three segments', { intentType: 'content.upload.now' }, '/intentType'],
    ['a realm that is not the prefix', { realm: 'content' }, '/realm'],
    ['a session id of another form', { sessionId: 'mine' }, '/sessionId'],
    ['a member that is not known', { payLoad: {} }, '/payLoad'],
    ['another key in the body', { idempotencyKey: 'body' }, '/idempotencyKey'],
  ])('%s is refused and named', async (_name, change, field) => {
    const before = await analyst.metric('intendant_intents_accepted_total');
    const body = { sessionId, intentType: 'solution.create_roadmap', payload: ROADMAP, ...change };
    const answer = await analyst.post('/v1/intents', body, {
      'idempotency-key': 'header',
      'x-correlation-id': 'corr-7',
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', field, correlationId: 'corr-7' } });
    const refusal = await analyst.get(`/v1/refusals/${answer.body.refusalId}`);
    expect(refusal).toMatchObject({ status: 200, body: { code: 'invalid_request', field, correlationId: 'corr-7' } });
    expect(await analyst.metric('intendant_intents_accepted_total')).toBe(before);
  });

  it('a well-formed type that nobody answers fails at resolution', async () => {
    const answer = await analyst.submit(sessionId, 'solution.synthesize', {});
    expect(answer).toMatchObject({ status: 404, body: { code: 'capability_not_found' } });
    const refusal = await analyst.get(`/v1/refusals/${answer.body.refusalId}`);
    expect(typesOf(refusal.body.records)).toEqual(['intent.received', 'policy.decided', 'intent.rejected']);
  });

  it('a payload that breaks the input contract is refused, naming the field', async () => {
    const answer = await analyst.submit(sessionId, 'solution.create_roadmap', { ...ROADMAP, goals: [] });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_payload', field: '/payload/goals' } });
  });
});

describe('answers', () => {
  it('202 with the place by default, 200 with the result when waited for', async () => {
    const accepted = await analyst.submit(sessionId, 'solution.create_roadmap', ROADMAP);
    const { executionId } = accepted.body;
    expect(accepted).toMatchObject({ status: 202, headers: { location: `/v1/executions/${executionId}` } });
    await analyst.settled(executionId);
    const done = await analyst.run(sessionId, 'solution.create_roadmap', ROADMAP, { prefer: 'respond-async, wait=60' });
    expect(done).toMatchObject({
      status: 200,
      body: { status: 'completed', error: null },
      headers: { 'preference-applied': 'wait=60' },
    });
    expect(done.body.result.artifacts[0].resultType).toBe('roadmap');
    const late = await analyst.run(sessionId, 'solution.create_roadmap', ROADMAP, { prefer: 'wait=61' });
    expect(late).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'header prefer' } });
  });

  it('an execution that failed is 200 with its typed error', async () => {
    const { ref } = await analyst.stage('permit.pdf');
    const upload = await analyst.run(sessionId, 'content.upload', {
      uiName: 'x.bpmn',
      fileType: 'bpmn',
      contentRef: ref,
    });
    const workflowFileRef = upload.body.result.artifacts[0].artifactId;
    const failed = await analyst.run(sessionId, 'journey.create_workflow', { workflowType: 'bpmn', workflowFileRef });
    expect(failed).toMatchObject({
      status: 200,
      body: { status: 'failed', result: null, error: { retryable: false } },
    });
    expect(failed.body.error.code).toMatch(/^(bpmn_malformed|invalid_encoding)$/);
  });

  it('validate tells decision and resolution and accepts nothing', async () => {
    const before = await analyst.metric('intendant_intents_accepted_total');
    const validate = (intentType: string, payload: unknown) =>
      analyst.post('/v1/intents/validate', { sessionId, intentType, payload });
    expect(await validate('solution.create_roadmap', ROADMAP)).toMatchObject({
      status: 200,
      body: {
        acceptable: true,
        decision: { effect: 'allow', policyRevision: 1 },
        resolution: { capabilities: [{ name: 'solution.create_roadmap', service: 'solution' }] },
        payload: { valid: true },
      },
    });
    const wrong = await validate('solution.create_roadmap', { ...ROADMAP, goals: [''] });
    expect(wrong.body).toMatchObject({ acceptable: false, payload: { valid: false, field: '/payload/goals/0' } });
    expect((await validate('solution.synthesize', {})).body).toMatchObject({
      acceptable: false,
      resolution: { code: 'capability_not_found' },
    });
    expect((await validate('other.thing', {})).body).toMatchObject({ acceptable: false, decision: { effect: 'deny' } });
    expect(await analyst.metric('intendant_intents_accepted_total')).toBe(before);
    const body = { sessionId, intentType: 'solution.synthesize', payload: {} };
    expect(await auditor.post('/v1/intents/validate', body)).toMatchObject({
      status: 403,
      body: { code: 'action_not_permitted' },
    });
  });
});

describe('idempotency keys', () => {
  it('the same key and payload give the first execution, whatever the order of members', async () => {
    const key = { 'idempotency-key': 'roadmap-1' };
    const first = await analyst.run(sessionId, 'solution.create_roadmap', ROADMAP, key);
    const { goals, roadmapType } = ROADMAP;
    const again = await analyst.run(sessionId, 'solution.create_roadmap', { roadmapType, goals }, key);
    expect(again).toMatchObject({ status: 200, headers: { 'idempotent-replayed': 'true' }, body: first.body });
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    const inBody = { sessionId, intentType: 'solution.create_roadmap', payload: ROADMAP, idempotencyKey: 'roadmap-1' };
    expect((await analyst.post('/v1/intents', inBody)).body.executionId).toBe(first.body.executionId);
  });

  it('another payload under the key is 422; another user’s key is another key', async () => {
    const key = { 'idempotency-key': 'roadmap-2' };
    const first = await analyst.run(sessionId, 'solution.create_roadmap', ROADMAP, key);
    const other = await analyst.run(sessionId, 'solution.create_roadmap', { ...ROADMAP, roadmapType: 'tactical' }, key);
    expect(other).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused', field: 'header idempotency-key' },
    });
    const theirs = await colleague.run(await colleague.session(), 'solution.create_roadmap', ROADMAP, key);
    expect(theirs.status).toBe(200);
    expect(theirs.headers['idempotent-replayed']).toBeUndefined();
    expect(theirs.body.executionId).not.toBe(first.body.executionId);
  });

  it('a hundred identical submissions at once make one execution', async () => {
    const before = await analyst.metric('intendant_intents_accepted_total');
    const key = { 'idempotency-key': 'storm' };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => analyst.run(sessionId, 'solution.create_roadmap', ROADMAP, key)),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => answer.body.executionId)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers['idempotent-replayed'] !== 'true')).toHaveLength(1);
    expect(await analyst.metric('intendant_intents_accepted_total')).toBe(before + 1);
    expect(await analyst.metric('intendant_intents_replayed_total')).toBeGreaterThanOrEqual(99);
    const types = typesOf(await analyst.records(answers[0]?.body.executionId));
    expect(types.filter((type) => type === 'step.started')).toHaveLength(1);
  });

  it('a refusal binds no key', async () => {
    const key = { 'idempotency-key': 'refused-first' };
    const refused = await analyst.run(sessionId, 'solution.create_roadmap', { ...ROADMAP, goals: [] }, key);
    expect(refused.status).toBe(400);
    expect((await analyst.run(sessionId, 'solution.create_roadmap', ROADMAP, key)).status).toBe(200);
  });
});

describe('sessions', () => {
  it('a closed, a foreign and a missing session cannot be used, and only the caller’s own can be read', async () => {
    const closed = await analyst.session();
    expect((await analyst.call('DELETE', `/v1/sessions/${closed}`)).body.status).toBe('closed');
    const missing = `ses_${'0'.repeat(32)}`;
    for (const id of [closed, await colleague.session(), missing]) {
      const answer = await analyst.submit(id, 'solution.create_roadmap', ROADMAP);
      expect(answer).toMatchObject({ status: 403, body: { code: 'session_invalid', decisionId: expect.any(String) } });
    }
    const theirs = await colleague.session();
    expect((await analyst.get(`/v1/sessions/${theirs}`)).body).toMatchObject({ code: 'not_found', status: 404 });
    expect((await analyst.call('DELETE', `/v1/sessions/${theirs}`)).status).toBe(404);
    expect((await colleague.get(`/v1/sessions/${theirs}`)).body.status).toBe('active');
  });
});

describe('refusals', () => {
  it('are listed newest first with their decision, for who may read them', async () => {
    const refused = await analyst.submit(sessionId, 'solution.create_roadmap', { goals: [] });
    const list = await auditor.get('/v1/refusals?limit=3');
    expect(list.body.refusals).toHaveLength(3);
    expect(list.body.refusals[0]).toMatchObject({
      refusalId: refused.body.refusalId,
      code: 'invalid_payload',
      actor: 'user:analyst',
    });
    const next = await auditor.get(`/v1/refusals?limit=3&before=${list.body.nextBefore}`);
    expect(next.body.refusals).toHaveLength(3);
    const own = await analyst.get('/v1/refusals');
    expect(own.body.refusals.length).toBeGreaterThan(0);
    expect(new Set(own.body.refusals.map((refusal: { actor: string }) => refusal.actor))).toEqual(
      new Set(['user:analyst']),
    );
    const one = await colleague.get(`/v1/refusals/${refused.body.refusalId}`);
    expect(one).toMatchObject({ status: 403, body: { code: 'action_not_permitted' } });
    const text = JSON.stringify((await auditor.get(`/v1/refusals/${refused.body.refusalId}`)).body);
    expect(text).not.toContain('"goals"');
  });

  it('of operations say who asked for what, and of which', async () => {
    const missing = `exe_${'0'.repeat(32)}`;
    const replay = await analyst.post(`/v1/executions/${missing}/replay`, { mode: 'events_only' });
    const publication = await analyst.post('/v1/policies', {});
    const malformed = await analyst.post('/v1/executions/a%00b/replay', { mode: 'events_only' });
    expect([replay.status, publication.status, malformed.status]).toEqual([403, 403, 403]);
    const { refusals } = (await auditor.get('/v1/refusals?limit=3')).body;
    const asked = { actor: 'user:analyst', intentType: null };
    expect(refusals).toMatchObject([
      { ...asked, refusalId: malformed.body.refusalId, action: 'replay.request', targetId: null },
      { ...asked, refusalId: publication.body.refusalId, action: 'policy.publish', targetId: null },
      { ...asked, refusalId: replay.body.refusalId, action: 'replay.request', targetId: missing },
    ]);
    expect((await auditor.get(`/v1/refusals/${replay.body.refusalId}`)).body).toMatchObject(refusals[2]);
  });
});
