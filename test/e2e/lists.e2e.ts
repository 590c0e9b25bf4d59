import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { type Cluster, startCluster, typesOf, type User, until } from './cluster.js';

const GOALS = { userGoals: 'migrate the policies', pillarPreferences: [] };

let cluster: Cluster;
let analyst: User;
let auditor: User;
let sessionId: string;

/** Runs an intent to its end. */
const goal = async (user: User, session: string): Promise<string> => {
  const { body, status } = await user.run(session, 'solution.establish_context', {
    ...GOALS,
    solutionStructure: { solutionId: 'content_solution', strategicFocus: 'quality' },
  });
  expect(status).toBe(200);
  return body.executionId;
};
/** Each is in a partition of its own, and lists may know of one before the other. */
const known = async (...executionIds: string[]): Promise<void> => {
  for (const executionId of executionIds)
    expect((await analyst.get(`/v1/executions?limit=1&waitFor=${executionId}`)).status).toBe(200);
};
const listed = (body: { executions: { executionId: string }[] }): string[] =>
  body.executions.map(({ executionId }) => executionId);

beforeAll(async () => {
  cluster = await startCluster();
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
  sessionId = await analyst.session();
});
afterAll(async () => cluster.lab.destroy());

describe('GET /v1/executions', () => {
  it('knows of what the caller wrote when asked to wait for it, and tells its lag', async () => {
    const executionId = await goal(analyst, sessionId);
    const { status, body, headers } = await analyst.get(`/v1/executions?waitFor=${executionId}`);
    expect(status).toBe(200);
    expect(headers['x-read-model-lag']).toMatch(/^\d+$/);
    expect(body.executions[0]).toMatchObject({
      executionId,
      status: 'completed',
      userId: 'analyst',
      sessionId,
      errorCode: null,
    });
    const view = (await analyst.get(`/v1/executions/${executionId}`)).body;
    for (const name of ['intentId', 'intentType', 'correlationId', 'acceptedAt', 'settledAt', 'lastSeq', 'tenantId'])
      expect([name, body.executions[0][name]]).toEqual([name, view[name]]);
  });

  it('pages by cursor, newest first', async () => {
    const session = await analyst.session();
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.unshift(await goal(analyst, session));
    await known(...made);
    const seen: string[] = [];
    let path: string | null = `/v1/executions?sessionId=${session}&limit=2`;
    while (path !== null) {
      const { body } = await analyst.get(path);
      seen.push(...listed(body));
      path = body.nextCursor === null ? null : `/v1/executions?sessionId=${session}&limit=2&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(made);
  });

  it('shows another user’s only to who may read them, and another tenant nothing', async () => {
    const executionId = await goal(analyst, sessionId);
    const lead = await cluster.user('t_showcase', 'lead', 'outsider');
    const refusedBefore = await auditor.get('/v1/refusals?limit=200');
    const own = await lead.get(`/v1/executions?waitFor=${executionId}`);
    expect([own.status, own.body]).toEqual([200, { scope: 'own', executions: [], nextCursor: null }]);
    expect((await auditor.get('/v1/refusals?limit=200')).body).toEqual(refusedBefore.body);
    const all = await auditor.get(`/v1/executions?waitFor=${executionId}`);
    expect(all.body.scope).toBe('tenant');
    expect(listed(all.body)).toContain(executionId);
    const foreign = await cluster.user('t_atlantic_life', 'auditor', 'auditor');
    expect(listed((await foreign.get(`/v1/executions?waitFor=${executionId}`)).body)).toEqual([]);
    expect((await foreign.get(`/v1/wal/records?executionId=${executionId}`)).body.records).toEqual([]);
    const missing = await foreign.post(`/v1/sessions/ses_${'0'.repeat(32)}/replay`, { mode: 'events_only' });
    const theirs = await foreign.post(`/v1/sessions/${sessionId}/replay`, { mode: 'events_only' });
    const { correlationId: _one, ...missingBody } = missing.body;
    const { correlationId: _other, ...theirBody } = theirs.body;
    expect([theirs.status, theirBody]).toEqual([missing.status, missingBody]);
  });

  it.each([
    ['limit=0', 'query limit'],
    ['limit=201', 'query limit'],
    ['cursor=abc', 'query cursor'],
    ['from=yesterday', 'query from'],
    ['status=done', 'query status'],
    ['status=failed&status=stuck', 'query status'],
    ['sessionId=1', 'query sessionId'],
    ['waitFor=me', 'query waitFor'],
    ['waitFor=toString', 'query waitFor'],
    ['colour=red', 'query colour'],
  ])('refuses %s, naming the parameter', async (query, field) => {
    const { status, body } = await analyst.get(`/v1/executions?${query}`);
    expect([status, body.code, body.field]).toEqual([400, 'invalid_request', field]);
  });

  it('takes identity from the token only', async () => {
    const { status, body } = await analyst.get('/v1/executions?tenantId=t_atlantic_life');
    expect([status, body.code, body.field]).toEqual([403, 'identity_override', 'query tenantId']);
    expect((await auditor.get(`/v1/refusals/${body.refusalId}`)).status).toBe(200);
    expect((await analyst.get('/v1/executions?tenantId=t_showcase')).status).toBe(200);
  });
});

describe('GET /v1/wal/records', () => {
  it('gives an execution’s records as its events are, in pages cut anywhere', async () => {
    const executionId = await goal(analyst, sessionId);
    const events = await analyst.records(executionId);
    const records: { streamId: string }[] = [];
    let path: string | null = `/v1/wal/records?executionId=${executionId}&limit=3&waitFor=${executionId}`;
    while (path !== null) {
      const { body, status } = await auditor.get(path);
      expect(status).toBe(200);
      records.push(...body.records);
      path =
        body.nextCursor === null
          ? null
          : `/v1/wal/records?executionId=${executionId}&limit=3&cursor=${body.nextCursor}`;
    }
    expect(records).toEqual(events.map((event) => ({ ...event, streamId: executionId })));
  });

  it('narrows by type, session, intent type and time', async () => {
    const executionId = await goal(analyst, sessionId);
    const records = async (query: string) =>
      (await auditor.get(`/v1/wal/records?${query}&waitFor=${executionId}`)).body.records;
    expect(typesOf(await records(`executionId=${executionId}&type=execution.completed`))).toEqual([
      'execution.completed',
    ]);
    expect(typesOf(await records(`sessionId=${sessionId}&type=session.opened`))).toEqual(['session.opened']);
    expect(await records('intentType=content.upload&type=intent.received')).toEqual([]);
    expect(await records('from=2999-01-01T00:00:00Z')).toEqual([]);
    expect((await records('to=2999-01-01T00:00:00Z&limit=200')).length).toBeGreaterThan(20);
  });

  it('knows of what is about no execution, too, when asked to wait for where it was written', async () => {
    const newest = async (type: string, waitFor: string) =>
      (await auditor.get(`/v1/wal/records?type=${type}&limit=200&waitFor=${waitFor}`)).body.records.at(-1);
    // more than once: lists that happen to be fresh prove nothing
    for (let round = 1; round <= 5; round += 1) {
      const session = await analyst.session();
      expect(await newest('session.opened', session)).toMatchObject({ streamId: session });
      await analyst.call('DELETE', `/v1/sessions/${session}`);
      expect(await newest('session.closed', session)).toMatchObject({ streamId: session });
      const { ref } = (await analyst.post('/v1/content', `round ${round}`)).body;
      expect(await newest('data.registered', 'content')).toMatchObject({ data: { reference: ref } });
      const known = await analyst.get(`/v1/data/references/${encodeURIComponent(ref)}?waitFor=content`);
      expect(known).toMatchObject({ status: 200, body: { referenceId: ref } });
      const { refusalId } = (await analyst.get('/v1/wal/records')).body;
      expect(await newest('intent.rejected', 'refusals')).toMatchObject({ data: { refusalId } });
      const { replayId } = (await auditor.post(`/v1/sessions/${session}/replay`, { mode: 'events_only' })).body;
      expect(await newest('replay.completed', 'audit')).toMatchObject({ data: { replayId } });
    }
  });

  it('is for those who may read the log', async () => {
    expect((await analyst.get('/v1/wal/records')).status).toBe(403);
  });
});

describe('POST /v1/sessions/:id/replay', () => {
  it('gives the session and every execution, the same each time, and records that it did', async () => {
    const session = await analyst.session();
    const executions = [await goal(analyst, session), await goal(analyst, session)];
    const first = await auditor.post(`/v1/sessions/${session}/replay`, { mode: 'events_only' });
    expect(first.status).toBe(200);
    expect(first.body.findings).toEqual([]);
    expect(first.body.streams.map((stream: { streamId: string }) => stream.streamId)).toEqual([session, ...executions]);
    const own = await analyst.records(executions[0] as string);
    expect(first.body.streams[1].records).toEqual(own);
    const { replayId, digest } = first.body;
    const audited = await auditor.audited(session);
    expect(audited).toMatchObject([
      { type: 'replay.requested', actor: 'user:auditor', data: { mode: 'events_only', replayId, target: session } },
      { type: 'replay.completed', actor: 'runtime', data: { digest, findings: [], replayId, verdict: 'passed' } },
    ]);
    const again = await auditor.post(`/v1/sessions/${session}/replay`, { mode: 'events_only' });
    expect(again.body.digest).toBe(first.body.digest);
    expect(again.body.replayId).not.toBe(first.body.replayId);
    const states = await auditor.post(`/v1/sessions/${session}/replay`, { mode: 'state_only' });
    expect(states.body.findings).toEqual([]);
    expect(states.body.streams[0].state).toMatchObject({ sessionId: session, status: 'active' });
    expect(states.body.streams[2].digest).toBe(
      (await analyst.get(`/v1/executions/${executions[1]}/state`)).body.digest,
    );
    expect(typesOf(await auditor.audited(session))).toEqual(
      Array(3).fill(['replay.requested', 'replay.completed']).flat(),
    );
    expect(await analyst.records(executions[0] as string)).toEqual(own);
    expect((await analyst.post(`/v1/sessions/${session}/replay`, { mode: 'events_only' })).status).toBe(403);
    await auditor.post(`/v1/sessions/${session}/replay`, { mode: 'events_only' });
    expect(await auditor.audited(session)).toHaveLength(8);
  });
});

describe('without PostgreSQL', () => {
  it('intents go on, and the lists catch up when it is back', async () => {
    const back = cluster.lab.restartOf('postgres', cluster.pidOf('postgres'));
    process.kill(cluster.pidOf('postgres'), 'SIGKILL');
    const executionId = await goal(analyst, sessionId);
    await back;
    const lists = await until('the lists know of it', async () => {
      const { status, body } = await analyst.get(`/v1/executions?waitFor=${executionId}`);
      if (status === 503) expect(body.code).toBe('read_model_unavailable');
      return status === 200 ? listed(body) : undefined;
    });
    expect(lists[0]).toBe(executionId);
    // its process tells how it fares, which may come after the rows
    const readModel = await until('the projector says so', async () => {
      const { body } = await analyst.get('/health/ready');
      return body.readModel.connected ? body.readModel : undefined;
    });
    expect(readModel.halted).toEqual([]);
  });

  it('the lists go on where they were after the Runtime was killed', async () => {
    await cluster.kill('runtime');
    const executionId = await goal(analyst, sessionId);
    expect(listed((await analyst.get(`/v1/executions?waitFor=${executionId}`)).body)[0]).toBe(executionId);
  });
});

describe('a tampered log', () => {
  it('is named by searches and replays, and not shown', async () => {
    const session = await analyst.session();
    const sound = await goal(analyst, session);
    const tampered = await goal(analyst, session);
    expect(listed((await analyst.get(`/v1/executions?waitFor=${tampered}`)).body)).toContain(tampered);
    // the Runtime may be writing at this moment
    const log = new Database(join(cluster.lab.dataDir, 'log', 'log.db'), { timeout: 60_000 } as never);
    log
      .prepare(
        `UPDATE entry SET body = CAST(replace(body, 'completed', 'completeD') AS BLOB) WHERE stream_id = ? AND first_seq > 1`,
      )
      .run(tampered);
    log.close();
    const search = await auditor.get(`/v1/wal/records?executionId=${tampered}`);
    expect([search.status, search.body.code]).toEqual([500, 'log_corrupt']);
    expect(search.body.detail).toContain(tampered);
    const replay = await auditor.post(`/v1/sessions/${session}/replay`, { mode: 'events_only' });
    expect(replay.body.findings).toEqual([expect.stringContaining(`${tampered} seq `)]);
    const [, good, bad] = replay.body.streams;
    expect([good.streamId, bad]).toEqual([sound, { streamId: tampered, digest: null }]);
    const { replayId, findings } = replay.body;
    const [, completed] = await auditor.audited(session);
    expect(completed?.data).toMatchObject({ replayId, findings, verdict: 'failed' });
  });
});
