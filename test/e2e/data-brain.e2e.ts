import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intendant } from '../../apps/cli/test/command.js';
import { type Answer, type Cluster, startCluster, type User } from './cluster.js';

/** Stands in cells of the data and nowhere else. */
const SECRET = 'zq7-confidential-cell';

interface Made {
  readonly staged: string;
  readonly fileId: string;
  readonly parsedId: string;
  readonly analysisId: string;
  readonly renderings: readonly string[];
  readonly upload: string;
  readonly parse: string;
  readonly analyze: string;
}

let cluster: Cluster;
let analyst: User;
let colleague: User;
let auditor: User;
let operator: User;
let foreigner: User;
let foreignAuditor: User;
let members: Made;
let claims: Made;
let theirs: Made;

const at = (reference: string, part = ''): string => `/v1/data/references/${encodeURIComponent(reference)}${part}`;
const rowsOf = (header: string): string =>
  [header, ...Array.from({ length: 40 }, (_, n) => `${n},${SECRET}-${n % 3},${n * 7}`)].join('\n');

/** Stages, uploads, parses and analyses a table; every step names what the one before made. */
async function work(user: User, csv: string, uiName: string): Promise<Made> {
  const sessionId = await user.session();
  const staged = (await user.post('/v1/content', csv)).body.ref;
  const made = async (intentType: string, payload: object) => {
    const { body } = await user.run(sessionId, intentType, payload);
    expect([intentType, body.status, body.error]).toEqual([intentType, 'completed', null]);
    const [artifact] = body.result.artifacts;
    return { executionId: body.executionId as string, artifact };
  };
  const upload = await made('content.upload', { uiName, fileType: 'csv', contentRef: staged });
  const fileId = upload.artifact.artifactId;
  const parse = await made('content.parse', { fileId, parsingType: 'csv' });
  const parsedId = parse.artifact.artifactId;
  const analyze = await made('insights.analyze', { parsedFileId: parsedId, analysisType: 'structured' });
  const rendered = [parse, analyze].flatMap(({ artifact }) => artifact.renderings);
  return {
    staged,
    fileId,
    parsedId,
    analysisId: analyze.artifact.artifactId,
    renderings: rendered.map(({ content }: { content: { ref: string } }) => content.ref),
    upload: upload.executionId,
    parse: parse.executionId,
    analyze: analyze.executionId,
  };
}

const executionsOf = ({ upload, parse, analyze }: Made): string[] => [upload, parse, analyze];
const idsOf = (body: { references: { referenceId: string }[] }): string[] =>
  body.references.map(({ referenceId }) => referenceId).sort();
const nodesOf = (body: { nodes: { referenceId: string; depth: number }[] }): Record<string, number> =>
  Object.fromEntries(body.nodes.map(({ referenceId, depth }) => [referenceId, depth]));

/** Asks once everything that was made is known; lists follow the log with a small lag. */
async function known(user: User, ...made: readonly Made[]): Promise<void> {
  for (const executionId of made.flatMap(executionsOf))
    expect((await user.get(`/v1/data/references?limit=1&waitFor=${executionId}`)).status).toBe(200);
}

beforeAll(async () => {
  cluster = await startCluster();
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  colleague = await cluster.user('t_showcase', 'colleague', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
  operator = await cluster.user('t_showcase', 'operator', 'operator');
  foreigner = await cluster.user('t_atlantic_life', 'analyst', 'analyst');
  foreignAuditor = await cluster.user('t_atlantic_life', 'auditor', 'auditor');
  members = await work(analyst, rowsOf('id,name,age'), 'members.csv');
  claims = await work(analyst, rowsOf('id,holder,amount'), 'claims.csv');
  theirs = await work(foreigner, rowsOf('id,city,amount'), 'theirs.csv');
  await known(analyst, members, claims);
  await known(foreigner, theirs);
});
afterAll(async () => cluster.lab.destroy());

describe('B2: what an execution touched', () => {
  it('is registered with it: what it was given and what is behind that, what it named, what it made', async () => {
    const of = async (executionId: string) =>
      idsOf((await analyst.get(`/v1/data/references?executionId=${executionId}`)).body);
    expect(await of(members.upload)).toEqual([members.staged, members.fileId].sort());
    const [parsed, analysis] = members.renderings;
    // What a given artifact stands for is read as well: the file's bytes, then those of the parsed table.
    expect(await of(members.parse)).toEqual([members.fileId, members.staged, members.parsedId, parsed].sort());
    expect(await of(members.analyze)).toEqual([members.parsedId, parsed, members.analysisId, analysis].sort());
  });

  it('is described as recorded', async () => {
    const { status, body, headers } = await analyst.get(at(members.parsedId));
    expect([status, headers['x-read-model-lag']]).toEqual([200, expect.stringMatching(/^\d+$/)]);
    expect(body).toMatchObject({
      referenceId: members.parsedId,
      referenceType: 'parsed_content',
      storageLocation: members.renderings[0],
      executionId: members.parse,
    });
    expect(body.metadata.columns.map(({ name }: { name: string }) => name)).toEqual(['id', 'name', 'age']);
    expect((await analyst.get(at(members.staged))).body).toMatchObject({ referenceType: 'content', executionId: null });
  });

  it('is listed in pages, by type, for its owner and for who may read everybody’s', async () => {
    const seen: string[] = [];
    let path: string | null = '/v1/data/references?limit=2&type=parsed_content';
    while (path !== null) {
      const { body } = await analyst.get(path);
      expect(body.scope).toBe('own');
      seen.push(...idsOf(body));
      path = body.nextCursor && `/v1/data/references?limit=2&type=parsed_content&cursor=${body.nextCursor}`;
    }
    expect(seen.sort()).toEqual([members.parsedId, claims.parsedId].sort());
    const all = await auditor.get('/v1/data/references?limit=200');
    expect(all.body.scope).toBe('tenant');
    expect(idsOf(all.body)).toEqual(expect.arrayContaining([members.fileId, claims.analysisId]));
    expect((await colleague.get('/v1/data/references')).body).toEqual({
      scope: 'own',
      references: [],
      nextCursor: null,
    });
  });
});

describe('B3: provenance and lineage', () => {
  it('tells what happened to a reference in the order of time', async () => {
    const { body } = await analyst.get(at(members.fileId, '/provenance'));
    const told = body.entries.map(({ operation, executionId }: { operation: string; executionId: string }) => [
      operation,
      executionId,
    ]);
    expect(told.slice(0, 1)).toEqual([['derived_from', members.upload]]);
    expect(told.slice(-2)).toEqual([
      ['given', members.parse],
      ['cited', members.parse],
    ]);
    const times = body.entries.map(({ createdAt }: { createdAt: string }) => Date.parse(createdAt));
    expect(times).toEqual(times.toSorted((one: number, other: number) => one - other));
    const given = body.entries.find(({ operation }: { operation: string }) => operation === 'given');
    const decision = (await analyst.get(`/v1/executions/${members.parse}/decision`)).body;
    expect(given.metadata).toMatchObject({ pointers: ['/fileId'], decisionId: decision.decisionId });
  });

  it('follows what was made from what, both ways, through the circle of a file and its own bytes', async () => {
    const up = (await analyst.get(at(members.analysisId, '/lineage'))).body;
    expect(nodesOf(up)).toEqual({
      [members.analysisId]: 0,
      [members.parsedId]: 1,
      [members.fileId]: 2,
      [members.staged]: 3,
    });
    expect([up.direction, up.depth, up.truncatedBy]).toEqual(['upstream', 10, null]);
    const down = (await analyst.get(at(members.staged, '/lineage?direction=downstream'))).body;
    expect(nodesOf(down)).toMatchObject({ [members.staged]: 0, [members.fileId]: 1, [members.analysisId]: 3 });
    const circle = down.edges.filter((edge: { referenceId: string }) => edge.referenceId === members.staged);
    expect(circle).toEqual([
      { sourceReferenceId: members.fileId, referenceId: members.staged, executionId: members.upload, basis: 'cited' },
    ]);
  });

  it('stops at the depth that was asked for, and says so', async () => {
    const { body } = await analyst.get(at(members.analysisId, '/lineage?depth=1'));
    expect(nodesOf(body)).toEqual({ [members.analysisId]: 0, [members.parsedId]: 1 });
    expect(body.truncatedBy).toBe('depth');
  });

  it.each([
    ['/lineage?depth=0', 'query depth'],
    ['/lineage?depth=33', 'query depth'],
    ['/lineage?direction=sideways', 'query direction'],
    ['/provenance?cursor=abc', 'query cursor'],
    ['?colour=red', 'query colour'],
  ])('refuses %s, naming the parameter', async (query, field) => {
    const { status, body } = await analyst.get(at(members.fileId, query));
    expect([status, body.code, body.field]).toEqual([400, 'invalid_request', field]);
  });
});

/** Every file of every tenant, with its size and the time it was last changed. */
const contentOnDisk = (): string[] => {
  const root = join(cluster.lab.dataDir, 'content');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${statSync(join(root, name)).size} ${statSync(join(root, name)).mtimeMs}`);
};
const COUNTERS = ['intendant_content_bytes_taken_total', 'intendant_content_bytes_given_total'];
const bytesMoved = (): Promise<number[]> => Promise.all(COUNTERS.map((name) => analyst.metric(name)));

describe('B4: a mash', () => {
  const mash = (user: User, references: readonly string[], more: object = {}): Promise<Answer> =>
    user.post('/v1/data/mash', { references, ...more });

  it('finds shared columns, differing types and shared sources in what is recorded', async () => {
    const { status, body } = await mash(analyst, [members.parsedId, claims.parsedId, members.analysisId]);
    expect([status, body.queryType, body.notFound, body.truncatedBy]).toEqual([200, 'semantic', [], null]);
    const named = [...body.correlations, ...body.conflicts].map(({ column }: { column: string }) => column);
    expect(new Set(named)).toEqual(new Set(['id', 'name', 'age']));
    const shared = body.sharedLineage.map(({ referenceId }: { referenceId: string }) => referenceId);
    expect(shared).toEqual([members.parsedId, members.fileId, members.staged]);
  });

  it('takes nothing in and reads nothing: counters, files and log are as before', async () => {
    const sha256 = members.staged.slice('content://'.length);
    const [taken = 0, given = 0] = await bytesMoved();
    const { length: sizeBytes } = rowsOf('id,name,age');
    // The counters count: a read and an upload show in them.
    expect(taken).toBeGreaterThan(sizeBytes);
    await analyst.get(`/v1/content/${sha256}`);
    expect(await bytesMoved()).toEqual([taken, given + sizeBytes]);
    const before = { moved: await bytesMoved(), disk: contentOnDisk(), log: await logEnd() };
    const all = [members, claims].flatMap((made) => [
      made.staged,
      made.fileId,
      made.parsedId,
      made.analysisId,
      ...made.renderings,
    ]);
    for (const queryType of ['semantic', 'lineage', 'schema']) {
      const { status, body } = await mash(analyst, all, { queryType });
      expect([status, idsOf(body)]).toEqual([200, [...new Set(all)].sort()]);
    }
    expect({ moved: await bytesMoved(), disk: contentOnDisk(), log: await logEnd() }).toEqual(before);
  });

  it('says what it does not find, and refuses what is malformed', async () => {
    const { body } = await mash(analyst, [members.parsedId, 'file_unknown']);
    expect(body.notFound).toEqual(['file_unknown']);
    for (const [wrong, field] of [
      [{ references: [] }, '/references'],
      [{ references: Array(33).fill('file_1') }, '/references'],
      [{ references: ['file_1'], queryType: 'psychic' }, '/queryType'],
      [{ references: ['file_1'], colour: 'red' }, '/colour'],
    ] as const) {
      const refused = await analyst.post('/v1/data/mash', wrong);
      expect([refused.status, refused.body.code, refused.body.field]).toEqual([400, 'invalid_request', field]);
    }
    const posing = await analyst.post('/v1/data/mash', { references: ['file_1'], tenantId: 't_atlantic_life' });
    expect([posing.status, posing.body.code]).toEqual([403, 'identity_override']);
  });
});

/** How far the log goes in each partition, whatever lists know of it; asked for without writing anything. */
const logEnd = async (): Promise<unknown> => {
  const { partitions } = (await operator.get('/v1/read-model')).body;
  return partitions.map(({ logPosition }: { logPosition: number }) => logPosition);
};

/** Every question of the Data Brain about everything of one tenant. */
async function everyAnswer(user: User, made: Made): Promise<Answer[]> {
  const references = [made.staged, made.fileId, made.parsedId, made.analysisId, ...made.renderings];
  const answers = [
    await user.get('/v1/data/references?limit=200'),
    await user.post('/v1/data/mash', { references }),
    await user.post('/v1/data/projections', { referenceId: made.parsedId, projection: 'expert' }),
  ];
  for (const executionId of executionsOf(made))
    answers.push(await user.get(`/v1/data/references?executionId=${executionId}`));
  for (const reference of references)
    for (const part of ['', '/provenance', '/lineage', '/lineage?direction=downstream'])
      answers.push(await user.get(at(reference, part)));
  return answers;
}

describe('B1: references only', () => {
  it('no answer has bytes of the data in it, in any encoding', async () => {
    const carriers = ['utf8', 'base64', 'base64url', 'hex'] as const;
    const secrets = carriers.map((encoding) => Buffer.from(SECRET).toString(encoding).replace(/.=*$/, ''));
    // It is there to be leaked: the analysis holds cells in the very columns of which names are shown.
    expect(JSON.stringify((await analyst.get(`/v1/executions/${members.analyze}/result`)).body)).toContain(SECRET);
    for (const user of [analyst, auditor])
      for (const { headers, body } of await everyAnswer(user, members)) {
        expect(headers['content-type']).toMatch(/^application\/(problem\+)?json/);
        const text = JSON.stringify(body);
        expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
      }
  });
});

describe('B5: tenants and users', () => {
  it('another tenant’s references answer like none, in every question', async () => {
    const withoutIds = ({ status, body }: Answer) => [status, { ...body, correlationId: '', instance: '' }];
    const own = new Set([theirs.staged, theirs.fileId, theirs.parsedId, theirs.analysisId, ...theirs.renderings]);
    const foreign = [members.staged, members.fileId, members.parsedId, members.analysisId, ...members.renderings];
    expect(foreign.filter((reference) => own.has(reference))).toEqual([]);
    for (const user of [foreigner, foreignAuditor]) {
      for (const reference of foreign)
        for (const part of ['', '/provenance', '/lineage', '/lineage?direction=downstream']) {
          const answer = await user.get(at(reference, part));
          expect(withoutIds(answer)).toEqual(withoutIds(await user.get(at('file_nobodys', part))));
          expect(answer.status).toBe(404);
        }
      const { body } = await user.post('/v1/data/mash', { references: [...foreign, theirs.parsedId] });
      expect([idsOf(body), body.notFound]).toEqual([[theirs.parsedId], foreign]);
      const touched = await user.get(`/v1/data/references?executionId=${members.parse}`);
      expect(touched.body.references).toEqual([]);
      for (const { body: answer } of await everyAnswer(user, theirs)) {
        const text = JSON.stringify(answer);
        expect([...foreign, ...executionsOf(members), 't_showcase'].filter((id) => text.includes(id))).toEqual([]);
      }
    }
  });

  it('the same bytes in two tenants have a provenance and a lineage in each', async () => {
    const csv = rowsOf('id,shared,value');
    const ours = await work(analyst, csv, 'shared.csv');
    const others = await work(foreigner, csv, 'shared.csv');
    await known(analyst, ours);
    await known(foreigner, others);
    expect(others.staged).toBe(ours.staged);
    for (const [user, own, foreign] of [
      [auditor, ours, others],
      [foreignAuditor, others, ours],
    ] as const) {
      const answers = await everyAnswer(user, own);
      const text = JSON.stringify(answers.map(({ body }) => body));
      for (const executionId of executionsOf(own)) expect(text).toContain(executionId);
      for (const executionId of executionsOf(foreign)) expect(text).not.toContain(executionId);
    }
  });

  it('a colleague sees nothing of it, and an auditor all', async () => {
    expect((await colleague.get(at(members.fileId))).status).toBe(404);
    expect((await auditor.get(at(members.fileId, '/lineage'))).status).toBe(200);
    expect((await analyst.get('/v1/data/references?tenantId=t_atlantic_life')).body.code).toBe('identity_override');
  });
});

describe('B6: what is deferred', () => {
  it('says so with a code of its own and a page, and does nothing', async () => {
    for (const projection of ['deterministic', 'expert']) {
      const { status, headers, body } = await analyst.post('/v1/data/projections', {
        referenceId: members.parsedId,
        projection,
      });
      expect([status, headers['content-type']]).toEqual([501, expect.stringContaining('application/problem+json')]);
      expect(body).toMatchObject({ code: 'deferred', retry: 'never', feature: 'semantic_projection' });
      expect((await analyst.get(body.type)).body).toContain('# deferred');
    }
    const malformed = await analyst.post('/v1/data/projections', { referenceId: 'file_1', projection: 'magic' });
    expect([malformed.status, malformed.body.field]).toEqual([400, '/projection']);
  });

  it.each([
    ['POST', '/hydrate'],
    ['PUT', ''],
    ['PATCH', ''],
    ['DELETE', ''],
  ])('%s of a reference%s does not exist: hydration and mutation are absent', async (method, part) => {
    const { status } = await analyst.call(method, at(members.fileId, part), {});
    expect([404, 405]).toContain(status);
  });
});

describe('the command line', () => {
  it('lists, traces and compares references', async () => {
    const env = { INTENDANT_URL: cluster.lab.url, INTENDANT_TOKEN: analyst.token };
    const ids = async (...args: string[]): Promise<string[]> => {
      const { code, stdout, stderr } = await intendant(['data', ...args, '-o', 'ids'], env);
      expect([code, stderr]).toEqual([0, '']);
      return stdout.trim().split('\n');
    };
    expect((await ids('references', '--execution', members.upload)).sort()).toEqual(
      [members.staged, members.fileId].sort(),
    );
    expect(await ids('lineage', members.analysisId)).toEqual([members.parsedId, members.fileId, members.staged]);
    expect((await ids('provenance', members.fileId)).at(0)).toMatch(new RegExp(`^${members.upload}/\\d+$`));
    expect(await ids('mash', members.parsedId, claims.parsedId)).toEqual([members.parsedId, claims.parsedId]);
    const table = await intendant(['data', 'mash', members.parsedId, members.analysisId], env);
    expect(table.stdout).toContain(`shared source  ${members.parsedId}`);
    const json = await intendant(['data', 'references', '--type', 'file', '-o', 'json'], env);
    expect(JSON.parse(json.stdout).scope).toBe('own');
  });
});
