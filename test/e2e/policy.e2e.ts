import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intendant/lab';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Cluster, type EventRecord, startCluster, typesOf, type User, until } from './cluster.js';

const TENANT = 't_showcase';

let cluster: Cluster;
let analyst: User;
let admin: User;
let auditor: User;
let sessionId: string;
let revision = 1;

beforeAll(async () => {
  cluster = await startCluster();
  analyst = await cluster.user(TENANT, 'analyst', 'analyst');
  admin = await cluster.user(TENANT, 'admin', 'policy_admin');
  auditor = await cluster.user(TENANT, 'auditor', 'auditor');
  sessionId = await analyst.session();
});
afterAll(async () => cluster.lab.destroy());

type Bundle = Record<string, unknown> & {
  rules: object[];
  limits: object;
  enabled: { realms: string[]; intents: string[] };
};
const original = (): Bundle => JSON.parse(readFileSync(join(repositoryRoot, 'policies', `${TENANT}.json`), 'utf8'));

/** Publishes the tenant's policy with a change, under the next revision. */
async function publish(change: (bundle: Bundle) => object = () => ({})): Promise<Answer> {
  const bundle = original();
  revision += 1;
  const answer = await admin.post('/v1/policies', { ...bundle, ...change(bundle), revision });
  expect(answer).toMatchObject({ status: 201, body: { tenantId: TENANT, revision } });
  return answer;
}

/** What the log says of the publication of a revision. */
const publicationsOf = (wanted: number): Promise<readonly EventRecord[]> =>
  until(`the publication of revision ${wanted} is found`, async () => {
    const { records } = (await auditor.get('/v1/wal/records?type=policy.published&limit=200')).body;
    const found = records.filter(({ data }: EventRecord) => data.revision === wanted);
    return found.length === 0 ? undefined : found;
  });

const ROADMAP = { goals: ['One'], roadmapType: 'tactical' };
const roadmap = (user = analyst, session = sessionId) => user.run(session, 'solution.create_roadmap', ROADMAP);

async function expectDenied(answer: Answer, code: string, check: string): Promise<void> {
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer).toMatchObject({
    status: code === 'rate_limited' ? 429 : 403,
    body: { code, decisionId: expect.stringMatching(/^dec_/), detail: expect.any(String), remedy: expect.any(String) },
  });
  if (answer.body.refusalId === undefined) return;
  const { records } = (await analyst.get(`/v1/refusals/${answer.body.refusalId}`)).body;
  const { decision } = records.find((record: { type: string }) => record.type === 'policy.decided').data;
  expect(decision).toMatchObject({
    effect: expect.stringMatching(/deny|require_approval/),
    decisionId: answer.body.decisionId,
  });
  const denied = decision.steps.filter((step: { outcome: string }) => step.outcome === 'denied');
  expect(denied).toMatchObject([{ check }]);
  const after = decision.steps.slice(decision.steps.indexOf(denied[0]) + 1);
  expect(new Set(after.map((step: { outcome: string }) => step.outcome))).toEqual(
    new Set(after.length === 0 ? [] : ['not_reached']),
  );
}

describe('every denial can be met over HTTP, and nothing runs', () => {
  let acceptedBefore: number;
  beforeAll(async () => {
    acceptedBefore = await analyst.metric('intendant_intents_accepted_total');
  });
  afterAll(async () => {
    expect(await analyst.metric('intendant_intents_accepted_total')).toBe(acceptedBefore);
    await publish();
  });

  it('session_invalid', async () =>
    expectDenied(await roadmap(analyst, `ses_${'1'.repeat(32)}`), 'session_invalid', 'session'));
  it('action_not_permitted: no rule, and a denying rule', async () => {
    const role = async (name: string) => {
      const user = await cluster.user(TENANT, 'analyst', ...name.split(' '));
      return roadmap(user);
    };
    await expectDenied(await role('outsider'), 'action_not_permitted', 'authorization');
    await expectDenied(await role('analyst auditor'), 'action_not_permitted', 'authorization');
  });
  it('realm_inactive', async () => {
    const others = (names: string[]) => names.filter((name) => !name.startsWith('solution'));
    await publish(({ enabled: { realms, intents, ...more } }) => ({
      enabled: { ...more, realms: others(realms), intents: others(intents) },
    }));
    await expectDenied(await roadmap(), 'realm_inactive', 'enabled');
  });
  it('intent_not_enabled', async () => {
    await publish(({ enabled }) => ({ enabled: { ...enabled, exceptIntents: ['solution.create_roadmap'] } }));
    await expectDenied(await roadmap(), 'intent_not_enabled', 'enabled');
  });
  it('mode_not_allowed', async () => {
    await publish();
    const token = await cluster.lab.token({ tenantId: TENANT, userId: 'analyst', roles: ['analyst'], mode: 'bulk' });
    const bulk = Object.assign(await cluster.user(TENANT, 'analyst', 'analyst'), { token });
    await expectDenied(await roadmap(bulk), 'mode_not_allowed', 'limits');
  });
  it('tenant_suspended', async () => {
    await publish(() => ({ tenantState: 'suspended' }));
    await expectDenied(await roadmap(), 'tenant_suspended', 'tenant');
    // The way back stays open: the next test publishes.
    const other = await cluster.user(TENANT, 'other', 'analyst');
    expect((await other.post('/v1/sessions', {})).body.code).toBe('tenant_suspended');
  });
  it('data_access_denied', async () => {
    await publish();
    const payload = { ...ROADMAP, contextId: `context_${'a'.repeat(32)}` };
    await expectDenied(
      await analyst.run(sessionId, 'solution.create_roadmap', payload),
      'data_access_denied',
      'references',
    );
  });
  it('boundary_contract_refused', async () => {
    await publish(() => ({
      boundaryContracts: [
        {
          id: 'no-files',
          sourceType: 'file',
          effect: 'deny',
          materializationType: 'reference',
          scope: 'session',
          ttlSeconds: 60,
          backingStore: 'none',
        },
      ],
    }));
    const { ref } = (await analyst.post('/v1/content', 'a,b\n')).body;
    await expectDenied(
      await analyst.run(sessionId, 'content.upload', { uiName: 'a', fileType: 'csv', contentRef: ref }),
      'boundary_contract_refused',
      'boundary',
    );
  });
  it('rate_limited, with the time to wait', async () => {
    await publish(() => ({
      rates: [{ id: 'one-a-minute', action: 'solution.*', per: 'user', capacity: 1, refillPerSecond: 0.01 }],
    }));
    // The first token is spent without a thing running: a wrong payload is found out after policy.
    await analyst.run(sessionId, 'solution.create_roadmap', {});
    const limited = await roadmap();
    await expectDenied(limited, 'rate_limited', 'rate');
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(1);
  });
  it('policy_missing', async () => {
    const stranger = await cluster.user('t_nobody', 'analyst', 'analyst');
    const answer = await stranger.post('/v1/sessions', {});
    expect(answer).toMatchObject({ status: 403, body: { code: 'policy_missing' } });
  });
});

describe('publishing', () => {
  it('takes effect for the next intent and is recorded; the one before keeps its decision', async () => {
    const before = await roadmap();
    const published = await publish(({ rules }) => ({
      rules: [
        ...rules,
        { id: 'no-roadmaps', role: 'analyst', action: 'solution.create_roadmap', realm: 'solution', effect: 'deny' },
      ],
    }));
    await expectDenied(await roadmap(), 'action_not_permitted', 'authorization');
    const decision = await analyst.get(`/v1/executions/${before.body.executionId}/decision`);
    expect(decision.body).toMatchObject({ effect: 'allow', policyRevision: revision - 1 });
    const { digest } = published.body;
    expect(await publicationsOf(revision)).toMatchObject([
      { actor: 'user:admin', executionId: null, data: { digest, revision, previousRevision: revision - 1 } },
    ]);
    await publish();
    expect((await roadmap()).body.status).toBe('completed');
  });

  it('changes nothing for what ran before: it replays and validates as it did', async () => {
    const { executionId } = (await roadmap()).body;
    const [records, state] = [
      await analyst.records(executionId),
      await auditor.post(`/v1/executions/${executionId}/replay`, { mode: 'state_only' }),
    ];
    await publish(() => ({ tenantState: 'active', rules: original().rules.slice().reverse() }));
    await publish(({ enabled }) => ({ enabled: { ...enabled, exceptIntents: ['solution.create_roadmap'] } }));
    await expectDenied(await roadmap(), 'intent_not_enabled', 'enabled');
    const replayed = await auditor.post(`/v1/executions/${executionId}/replay`, { mode: 'state_only' });
    expect(replayed.body).toEqual({ ...state.body, replayId: replayed.body.replayId });
    expect(replayed.body).toMatchObject({ equal: true });
    const validated = await auditor.post(`/v1/executions/${executionId}/validate`);
    expect(validated.body).toMatchObject({ valid: true, stateDigest: replayed.body.digest });
    expect(await analyst.records(executionId)).toEqual(records);
    await publish();
  });

  it('each publication names the one before it', async () => {
    const first = revision;
    for (let count = 0; count < 10; count += 1) await publish(() => ({ description: `number ${count}` }));
    await publish();
    await publicationsOf(revision);
    const { records } = (await auditor.get('/v1/wal/records?type=policy.published&limit=200')).body;
    const steps = records
      .map(({ data }: EventRecord) => [data.previousRevision, data.revision])
      .filter(([, to]: number[]) => (to as number) > first);
    expect(steps).toEqual(Array.from({ length: 11 }, (_, n) => [first + n, first + n + 1]));
  });

  it('a bad bundle is 422 naming every problem, and the old policy stays', async () => {
    const bundle = {
      ...original(),
      revision: revision + 1,
      tenantState: 'happy',
      limits: { executionMsMax: -1, modes: [] },
    };
    const answer = await admin.post('/v1/policies', bundle);
    expect(answer).toMatchObject({ status: 422, body: { code: 'policy_invalid' } });
    const pointers = answer.body.problems.map((problem: { pointer: string }) => problem.pointer);
    expect(pointers).toEqual(expect.arrayContaining(['/tenantState', '/limits/executionMsMax']));
    expect((await roadmap()).body.status).toBe('completed');
  });

  it('the same revision with other content is 409, with the same content fine', async () => {
    const other = await admin.post('/v1/policies', { ...original(), revision, description: 'something else' });
    expect(other).toMatchObject({ status: 409, body: { code: 'policy_conflict' } });
    expect((await admin.post('/v1/policies', { ...original(), revision })).status).toBe(201);
  });

  it('is for the policy administrator only', async () => {
    const answer = await analyst.post('/v1/policies', { ...original(), revision: revision + 1 });
    expect(answer).toMatchObject({ status: 403, body: { code: 'action_not_permitted' } });
    expect((await roadmap()).body.status).toBe('completed');
  });
});

describe('boundary contracts', () => {
  const stageAndUpload = async (user: User, session: string, name: string) => {
    const { ref } = (await user.post('/v1/content', `a,b\n${name},1\n`)).body;
    const upload = await user.run(session, 'content.upload', {
      uiName: `${name}.csv`,
      fileType: 'csv',
      contentRef: ref,
    });
    const { artifactId, semanticPayload } = upload.body.result.artifacts[0];
    return { fileId: artifactId as string, boundaryContractId: semanticPayload.boundaryContractId as string };
  };

  it('upload proposes one, save_materialization activates it', async () => {
    const payload = await stageAndUpload(analyst, sessionId, 'kept');
    expect(payload.boundaryContractId).toMatch(/^bct_/);
    const saved = await analyst.run(sessionId, 'content.save_materialization', payload);
    expect(saved.body).toMatchObject({ status: 'completed', result: { stateChanges: [{ scope: 'session' }] } });
    const decision = (await analyst.get(`/v1/executions/${saved.body.executionId}/decision`)).body;
    expect(decision.obligations.boundaryContract).toMatchObject({
      action: 'activate',
      contract: { status: 'active', materializationType: 'full_artifact', sourceIdentifier: 'upload:kept.csv' },
    });
    const again = await analyst.run(sessionId, 'content.save_materialization', payload);
    expect(again.body.status).toBe('completed');
  });

  it('a foreign, an unknown and another tenant’s contract are materialization_denied alike', async () => {
    const colleague = await cluster.user(TENANT, 'colleague', 'analyst');
    const outsider = await cluster.user('t_atlantic_life', 'analyst', 'analyst');
    const { fileId } = await stageAndUpload(analyst, sessionId, 'own');
    const theirs = await stageAndUpload(colleague, await colleague.session(), 'theirs');
    const abroad = await stageAndUpload(outsider, await outsider.session(), 'abroad');
    for (const boundaryContractId of [
      theirs.boundaryContractId,
      abroad.boundaryContractId,
      `bct_${'0'.repeat(32)}`,
      'nonsense',
    ])
      await expectDenied(
        await analyst.run(sessionId, 'content.save_materialization', { fileId, boundaryContractId }),
        'materialization_denied',
        'boundary',
      );
  });

  it('the contract’s own records stand beside the execution that made them', async () => {
    const payload = await stageAndUpload(analyst, sessionId, 'recorded');
    const saved = await analyst.run(sessionId, 'content.save_materialization', payload);
    const found = await auditor.get(
      `/v1/wal/records?sessionId=${sessionId}&waitFor=${saved.body.executionId}&type=contract.activated&limit=200`,
    );
    const own = found.body.records.filter(
      (record: { data: { contract?: { contractId: string } } }) =>
        record.data.contract?.contractId === payload.boundaryContractId,
    );
    expect(typesOf(own)).toEqual(['contract.activated']);
    expect(own[0].data.contract).toMatchObject({ status: 'active', revision: 2 });
  });
});
