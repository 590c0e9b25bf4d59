import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Cluster, startCluster, User } from './cluster.js';

interface Tenant {
  readonly tenantId: string;
  readonly analyst: User;
  readonly colleague: User;
  readonly auditor: User;
}

/** Everything one script made, by kind. */
interface Made {
  readonly sessionId: string;
  readonly sha256: string;
  readonly executionIds: string[];
  readonly artifactIds: string[];
  readonly refusalId: string;
  readonly contractId: string;
}

/** Operations asked for another tenant's id in their path: `GET /v1/…`. */
const probed = new Set<string>();

/** Operations with an id in their path that are not asked here, and why. */
const NOT_PROBED: Readonly<Record<string, string>> = {
  'POST /v1/outbox/dead-letters/{eventId}/redrive':
    'this cluster publishes nothing and has no dead letters; libs/outbox postgres-ledger.spec asks for another tenant’s',
};

/** The user, and what is asked about this id in its name. */
class Probe extends User {
  constructor(
    user: User,
    private readonly id: string,
  ) {
    super(user.url, user.token);
  }

  override call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    const [place = ''] = path.split('?');
    if (decodeURIComponent(place).includes(this.id)) probed.add(`${method} ${place}`);
    return super.call(method, path, body, headers);
  }
}

let cluster: Cluster;
let one: Tenant;
let two: Tenant;

beforeAll(async () => {
  cluster = await startCluster();
  [one, two] = await Promise.all([tenant('t_showcase'), tenant('t_atlantic_life')]);
});
afterAll(async () => cluster.lab.destroy());

const tenant = async (tenantId: string): Promise<Tenant> => ({
  tenantId,
  analyst: await cluster.user(tenantId, 'analyst', 'analyst'),
  colleague: await cluster.user(tenantId, 'colleague', 'analyst'),
  auditor: await cluster.user(tenantId, 'auditor', 'auditor'),
});

/** The same users, bytes, names and idempotency keys for every tenant. */
async function script({ analyst }: Tenant, round: number): Promise<Made> {
  const sessionId = await analyst.session();
  const key = (name: string) => ({ 'idempotency-key': `${name}-${round}` });
  const staged = (await analyst.post('/v1/content', `a,b\n${round},1\n${round},2\n`)).body;
  const file = { uiName: 'same.csv', fileType: 'csv', contentRef: staged.ref };
  const upload = await analyst.run(sessionId, 'content.upload', file, key('upload'));
  const { artifactId: fileId, semanticPayload } = upload.body.result.artifacts[0];
  const contractId = semanticPayload.boundaryContractId;
  const saved = await analyst.run(
    sessionId,
    'content.save_materialization',
    { fileId, boundaryContractId: contractId },
    key('save'),
  );
  const parsed = await analyst.run(sessionId, 'content.parse', { fileId, parsingType: 'csv' }, key('parse'));
  const refused = await analyst.run(sessionId, 'solution.create_roadmap', { goals: [] }, key('refused'));
  const answers = [upload, saved, parsed];
  expect(answers.map(({ body }) => body.status)).toEqual(['completed', 'completed', 'completed']);
  return {
    sessionId,
    sha256: staged.sha256,
    contractId,
    executionIds: answers.map(({ body }) => body.executionId),
    artifactIds: answers.flatMap(({ body }) =>
      body.result.artifacts.map((artifact: { artifactId: string }) => artifact.artifactId),
    ),
    refusalId: refused.body.refusalId,
  };
}

const idsOf = (made: readonly Made[]): string[] =>
  made.flatMap(({ sessionId, executionIds, refusalId, contractId }) => [
    sessionId,
    ...executionIds,
    refusalId,
    contractId,
  ]);

describe('two tenants running the same script at once', () => {
  let ours: Made[];
  let theirs: Made[];
  beforeAll(async () => {
    const rounds = [1, 2, 3, 4];
    const all = await Promise.all([one, two].map((who) => Promise.all(rounds.map((round) => script(who, round)))));
    [ours, theirs] = all as [Made[], Made[]];
  });

  it('share no id', () => {
    const mine = new Set(idsOf(ours));
    expect(mine.size).toBe(idsOf(ours).length);
    expect(idsOf(theirs).filter((id) => mine.has(id))).toEqual([]);
  });

  it.each([
    [
      'lists of executions',
      (user: User, made: Made) => user.get(`/v1/executions?limit=200&waitFor=${made.executionIds[2]}`),
    ],
    ['records', (user: User, made: Made) => user.get(`/v1/wal/records?limit=200&waitFor=${made.executionIds[2]}`)],
    ['refusals', (user: User) => user.get('/v1/refusals?limit=200')],
    [
      'session replays',
      (user: User, made: Made) => user.post(`/v1/sessions/${made.sessionId}/replay`, { mode: 'events_only' }),
    ],
    [
      'replays',
      (user: User, made: Made) => user.post(`/v1/executions/${made.executionIds[0]}/replay`, { mode: 'state_only' }),
    ],
  ] as const)('%s hold own things only', async (_name, ask) => {
    for (const [who, own, foreign] of [
      [one, ours, theirs],
      [two, theirs, ours],
    ] as const) {
      const answer = await ask(who.auditor, own.at(-1) as Made);
      expect(answer.status).toBe(200);
      const text = JSON.stringify(answer.body);
      const other = who === one ? two.tenantId : one.tenantId;
      expect([...idsOf(foreign), other].filter((id) => text.includes(id))).toEqual([]);
    }
  });

  it('what is another tenant’s answers like what is missing, on every path', async () => {
    const [foreign] = theirs as [Made];
    const execution = foreign.executionIds[0] as string;
    const missing = 'exe_01a1fd000000000000000000deadbeef';
    for (const path of ['', '/status', '/state', '/result', '/decision', '/events', '/signals', '/signals/dec_1'])
      await expectAlike((user, id) => user.get(`/v1/executions/${id}${path}`), execution, missing, 404);
    await expectAlike((user, id) => user.get(`/v1/sagas/${id}`), execution, missing, 404);
    const claim = { signalId: '0190a5d4-7c7b-7000-8000-000000000001', signalType: 'claim' };
    await expectAlike((user, id) => user.post(`/v1/executions/${id}/signals`, claim), execution, missing, 404);
    for (const path of ['claim', 'compensate', 'replay', 'steps/main/retry', 'steps/main/skip', 'steps/main/resolve'])
      await expectAlike((user, id) => user.post(`/v1/sagas/${id}/${path}`, BODIES[path]), execution, missing, 404);
    const stream = { accept: 'text/event-stream' };
    await expectAlike((user, id) => user.get(`/v1/executions/${id}/events`, stream), execution, missing, 404);
    for (const mode of ['events_only', 'state_only'])
      await expectAlike((user, id) => user.post(`/v1/executions/${id}/replay`, { mode }), execution, missing, 404);
    await expectAlike((user, id) => user.post(`/v1/executions/${id}/validate`), execution, missing, 404);
    await expectAlike((user, id) => user.get(`/v1/wal/records?executionId=${id}`), execution, missing, 200);
  });

  it('sessions, refusals and content too', async () => {
    const [foreign] = theirs as [Made];
    const noSession = 'ses_01a1fd000000000000000000deadbeef';
    await expectAlike((user, id) => user.get(`/v1/sessions/${id}`), foreign.sessionId, noSession, 404);
    await expectAlike((user, id) => user.call('DELETE', `/v1/sessions/${id}`), foreign.sessionId, noSession, 404);
    await expectAlike(
      (user, id) => user.post(`/v1/sessions/${id}/replay`, { mode: 'events_only' }),
      foreign.sessionId,
      noSession,
      404,
    );
    await expectAlike((user, id) => user.get(`/v1/executions?sessionId=${id}`), foreign.sessionId, noSession, 200);
    await expectAlike((user, id) => user.get(`/v1/wal/records?sessionId=${id}`), foreign.sessionId, noSession, 200);
    await expectAlike(
      (user, id) => user.get(`/v1/refusals/${id}`),
      foreign.refusalId,
      'rfs_01a1fd000000000000000000deadbeef',
      404,
    );
    await expectAlike((user, id) => user.get(`/v1/content/${id}`), await onlyTheirs(), 'ab'.repeat(32), 404);
    const submit = (user: User, sessionId: string) =>
      user.submit(sessionId, 'solution.create_roadmap', { goals: ['x'], roadmapType: 'tactical' });
    await expectAlike(submit, foreign.sessionId, noSession, 403, [one.analyst]);
    expect((await two.analyst.get(`/v1/sessions/${foreign.sessionId}`)).body.status).toBe('active');
  });

  it('references to another tenant’s artifacts and contracts', async () => {
    const [own] = ours as [Made];
    const staged = await onlyTheirs();
    const file = { uiName: 'x.csv', fileType: 'csv', contentRef: `content://${staged}` };
    const upload = await two.analyst.run(theirs[0]?.sessionId as string, 'content.upload', file);
    const fileId = upload.body.result.artifacts[0].artifactId;
    const parse = (user: User, id: string) =>
      user.run(own.sessionId, 'content.parse', { fileId: id, parsingType: 'csv' });
    await expectAlike(parse, fileId, `file_${'0'.repeat(32)}`, 403, [one.analyst]);
    const keep = (user: User, boundaryContractId: string) =>
      user.run(own.sessionId, 'content.save_materialization', { fileId: own.artifactIds[0], boundaryContractId });
    await expectAlike(keep, theirs[0]?.contractId as string, `bct_${'0'.repeat(32)}`, 403, [one.analyst]);
  });

  it('bytes that another tenant has staged: their digest, which anybody can guess, tells nothing', async () => {
    const staged = (await two.analyst.post('/v1/content', 'guess,me\n1,2\n')).body.sha256;
    const path = (digest: string) => `/v1/data/references/${encodeURIComponent(`content://${digest}`)}`;
    const alike = (ask: (user: User, digest: string) => Promise<Answer>) =>
      expectAlike(ask, staged, 'cd'.repeat(32), 404);
    await alike((user, digest) => user.get(`/v1/content/${digest}`, { 'if-none-match': `"${digest}"` }));
    for (const about of ['', '/provenance', '/lineage', '/grants'])
      await alike((user, digest) => user.get(path(digest) + about));
    await alike((user, digest) => user.post(`${path(digest)}/grants`, { grantee: 'user:analyst' }));
    await alike((user, digest) => user.call('DELETE', `${path(digest)}/grants/user%3Aanalyst`));
    const file = { uiName: 'x.csv', fileType: 'csv' };
    const upload = (user: User, digest: string) =>
      user.run(ours[0]?.sessionId as string, 'content.upload', { ...file, contentRef: `content://${digest}` });
    await expectAlike(upload, staged, 'cd'.repeat(32), 403, [one.analyst]);
    const [again, other] = [
      await one.analyst.post('/v1/content', 'guess,me\n1,2\n'),
      await one.analyst.post('/v1/content', 'other,me\n1,2\n'),
    ];
    expect({ ...again.body, sizeBytes: 0 }).toEqual({ ref: `content://${staged}`, sha256: staged, sizeBytes: 0 });
    expect([again.status, Object.keys(again.headers)]).toEqual([other.status, Object.keys(other.headers)]);
  });

  it('every operation with an id in its path was among what was asked above', async () => {
    const { paths } = (await one.analyst.get('/openapi.json')).body as { paths: Record<string, object> };
    const unasked = Object.entries(paths).flatMap(([path, item]) => {
      if (!path.startsWith('/v1/') || !path.includes('{')) return [];
      const form = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      const methods = Object.keys(item).filter((name) => ['get', 'post', 'put', 'patch', 'delete'].includes(name));
      return methods
        .map((name) => name.toUpperCase())
        .filter(
          (method) =>
            ![...probed].some((asked) => asked.startsWith(`${method} `) && form.test(asked.slice(method.length + 1))),
        )
        .map((method) => `${method} ${path}`);
    });
    expect(unasked).toEqual(Object.keys(NOT_PROBED));
  });

  /** Content that the other tenant alone has staged. */
  const onlyTheirs = async (): Promise<string> =>
    (await two.analyst.post('/v1/content', 'only,theirs\n1,2\n')).body.sha256;
});

/** Bodies of what is asked of a saga; what is not named takes none. */
const BODIES: Readonly<Record<string, object>> = {
  compensate: { reason: 'probe' },
  replay: { mode: 'events_only' },
  'steps/main/resolve': { outcome: 'failed', reason: 'probe' },
};

/** Asks for a foreign and for a missing id; but for ids of its own each answer is the other's. */
async function expectAlike(
  ask: (user: User, id: string) => Promise<Answer>,
  foreign: string,
  missing: string,
  status: number,
  users: readonly User[] = [one.analyst, one.auditor],
): Promise<void> {
  for (const user of users) {
    const [first, second] = [await ask(new Probe(user, foreign), foreign), await ask(user, missing)];
    expect(comparable(first, foreign)).toEqual(comparable(second, missing));
    expect([200, 403, status]).toContain(first.status);
    if (user === users.at(-1)) expect(first.status).toBe(status);
    expect(JSON.stringify(first.body)).not.toContain(two.tenantId);
  }
}

const VARYING = ['correlationId', 'decisionId', 'refusalId', 'replayId'];

function comparable({ status, headers, body }: Answer, id: string): unknown {
  const own = Object.entries(body as Record<string, unknown>).filter(([name]) => !VARYING.includes(name));
  const { date: _date, 'content-length': _length, 'x-read-model-lag': _lag, ...kept } = headers;
  return JSON.parse(JSON.stringify({ status, kept, body: Object.fromEntries(own) }).replaceAll(id, '<id>'));
}

describe('two users of one tenant', () => {
  it('see their own executions; the auditor sees all', async () => {
    const sessionId = await one.colleague.session();
    const run = await one.colleague.run(sessionId, 'solution.create_roadmap', {
      goals: ['Mine'],
      roadmapType: 'tactical',
    });
    const { executionId } = run.body;
    for (const path of ['', '/status', '/state', '/result', '/decision', '/events']) {
      expect((await one.colleague.get(`/v1/executions/${executionId}${path}`)).status).toBe(200);
      expect((await one.auditor.get(`/v1/executions/${executionId}${path}`)).status).toBe(200);
      const denied = await one.analyst.get(`/v1/executions/${executionId}${path}`);
      expect(denied).toMatchObject({ status: 403, body: { decisionId: expect.any(String) } });
      expect(JSON.stringify(denied.body)).not.toContain('colleague');
    }
    const own = await one.analyst.get(`/v1/executions?limit=200&waitFor=${executionId}`);
    expect(own.body.scope).toBe('own');
    expect(new Set(own.body.executions.map((execution: { userId: string }) => execution.userId))).toEqual(
      new Set(['analyst']),
    );
    expect((await one.auditor.get('/v1/executions?limit=200')).body).toMatchObject({ scope: 'tenant' });
    expect((await one.analyst.post(`/v1/executions/${executionId}/replay`, { mode: 'events_only' })).status).toBe(403);
  });
});
