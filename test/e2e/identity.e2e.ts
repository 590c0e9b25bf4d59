import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { type Cluster, startCluster, User } from './cluster.js';

let cluster: Cluster;
let analyst: User;
let sessionId: string;

beforeAll(async () => {
  cluster = await startCluster();
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  sessionId = await analyst.session();
});
afterAll(async () => cluster.lab.destroy());

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;
const CLAIMS: JWTPayload = {
  iss: 'https://lab.intendant.invalid',
  aud: 'intendant',
  sub: 'analyst',
  tenant: 't_showcase',
  roles: ['analyst'],
};

/** A token of the lab's own key with other claims. */
async function signed(claims: JWTPayload, header: Record<string, string> = {}): Promise<string> {
  const jwk = JSON.parse(readFileSync(join(cluster.lab.dataDir, 'keys', 'lab-issuer.jwk'), 'utf8'));
  const all = { ...CLAIMS, iat: inSeconds(0), exp: inSeconds(600), ...claims };
  return new SignJWT(all)
    .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid, typ: 'at+jwt', ...header })
    .sign(await importJWK(jwk, 'EdDSA'));
}

async function ofAnotherKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const kid = JSON.parse(readFileSync(join(cluster.lab.dataDir, 'keys', 'lab-issuer.jwk'), 'utf8')).kid;
  return new SignJWT({ ...CLAIMS, exp: inSeconds(600) })
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
    .sign(privateKey);
}

describe('tokens', () => {
  it.each<[string, () => Promise<string> | string]>([
    ['expired', () => signed({ exp: inSeconds(-60) })],
    ['not valid yet', () => signed({ nbf: inSeconds(600) })],
    ['of another issuer', () => signed({ iss: 'https://elsewhere.invalid' })],
    ['for another audience', () => signed({ aud: 'somebody' })],
    ['signed with another key', ofAnotherKey],
    ['alg none', () => new UnsecuredJWT({ ...CLAIMS, exp: inSeconds(600) }).encode()],
    ['without a tenant', () => signed({ tenant: undefined })],
    ['with a malformed tenant', () => signed({ tenant: '../t_showcase' })],
    ['without a subject', () => signed({ sub: undefined })],
    ['without an expiry', () => signed({ exp: undefined })],
    ['of another type', () => signed({}, { typ: 'JWT' })],
    ['garbage', () => 'not-a-token'],
    ['empty', () => ''],
  ])('%s is 401', async (_name, make) => {
    const before = await analyst.metric('intendant_unauthenticated_total');
    const answer = await new User(cluster.lab.url, await make()).post('/v1/sessions', {});
    expect(answer).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated', retry: 'changed' },
      headers: { 'www-authenticate': 'Bearer' },
    });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(await analyst.metric('intendant_unauthenticated_total')).toBe(before + 1);
  });

  it('a sound token of the same key is taken, and every path but health and metrics asks for one', async () => {
    const user = new User(cluster.lab.url, await signed({}));
    expect((await user.post('/v1/sessions', {})).status).toBe(201);
    const nobody = new User(cluster.lab.url, '');
    const id = '0'.repeat(32);
    for (const path of [
      `/v1/sessions/ses_${id}`,
      '/v1/executions',
      `/v1/executions/exe_${id}`,
      '/v1/refusals',
      '/v1/wal/records',
      `/v1/content/${id}${id}`,
    ])
      expect((await nobody.get(path)).status).toBe(401);
    for (const path of [
      '/v1/intents',
      '/v1/intents/validate',
      '/v1/policies',
      '/v1/content',
      `/v1/executions/exe_${id}/replay`,
    ])
      expect((await nobody.post(path, {})).status).toBe(401);
    expect((await nobody.get('/health/ready')).status).toBe(200);
  });
});

const PAYLOAD = { goals: ['One'], roadmapType: 'tactical' };
const intent = (more: object) => ({ sessionId, intentType: 'solution.create_roadmap', payload: PAYLOAD, ...more });

describe('identity comes from the token only', () => {
  it('fields that agree are taken for what they are: repetitions', async () => {
    const same = {
      tenantId: 't_showcase',
      userId: 'analyst',
      principal: 'analyst',
      roles: ['analyst'],
      mode: 'standard',
    };
    const headers = { 'x-tenant-id': 't_showcase', 'x-user-id': 'analyst', 'x-roles': 'analyst', prefer: 'wait=60' };
    const answer = await analyst.post('/v1/intents?tenantId=t_showcase', intent(same), headers);
    expect(answer).toMatchObject({ status: 200, body: { status: 'completed' } });
  });

  it('every one that disagrees is listed, and the refusal recorded', async () => {
    const body = intent({ tenantId: 't_te_range', roles: ['analyst', 'policy_admin'], executionId: 'exe_mine' });
    const answer = await analyst.post('/v1/intents?userId=auditor', body, { 'x-mode': 'bulk' });
    const mismatches = [
      { field: '/tenantId', claimed: 't_te_range' },
      { field: '/roles', claimed: '["analyst","policy_admin"]' },
      { field: '/executionId', claimed: 'exe_mine' },
      { field: 'header x-mode', claimed: 'bulk' },
      { field: 'query userId', claimed: 'auditor' },
    ];
    expect(answer).toMatchObject({ status: 403, body: { code: 'identity_override', mismatches } });
    const refusal = await analyst.get(`/v1/refusals/${answer.body.refusalId}`);
    expect(refusal.body).toMatchObject({ code: 'identity_override', mismatches, actor: 'user:analyst' });
  });

  it.each<[string, (user: User) => ReturnType<User['get']>]>([
    ['opening a session', (user) => user.post('/v1/sessions', { tenantId: 't_te_range' })],
    ['reading a session', (user) => user.get(`/v1/sessions/${sessionId}?tenantId=t_te_range`)],
    [
      'closing a session',
      (user) => user.call('DELETE', `/v1/sessions/${sessionId}`, undefined, { 'x-user-id': 'somebody' }),
    ],
    ['validating', (user) => user.post('/v1/intents/validate', intent({ userId: 'somebody' }))],
    ['staging content', (user) => user.post('/v1/content?tenantId=t_te_range', 'bytes')],
    ['staging content, by header', (user) => user.post('/v1/content', 'bytes', { 'x-tenant-id': 't_te_range' })],
    ['listing executions', (user) => user.get('/v1/executions?tenantId=t_te_range')],
    [
      'reading an execution',
      (user) => user.get(`/v1/executions/exe_${'0'.repeat(32)}`, { 'x-tenant-id': 't_te_range' }),
    ],
    ['listing refusals', (user) => user.get('/v1/refusals?roles=auditor')],
    ['searching records', (user) => user.get('/v1/wal/records?tenantId=t_te_range')],
    [
      'a replay',
      (user) => user.post(`/v1/executions/exe_${'0'.repeat(32)}/replay?tenantId=t_te_range`, { mode: 'events_only' }),
    ],
    ['publishing policy', (user) => user.post('/v1/policies', { tenantId: 't_te_range' })],
    ['publishing policy, by header', (user) => user.post('/v1/policies', {}, { 'x-roles': 'policy_admin' })],
  ])('%s', async (_name, ask) => {
    const answer = await ask(analyst);
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'identity_override', refusalId: expect.stringMatching(/^rfs_/) },
    });
    expect(answer.body.mismatches).toHaveLength(1);
    const refusal = await analyst.get(`/v1/refusals/${answer.body.refusalId}`);
    expect(refusal.body).toMatchObject({ code: 'identity_override', mismatches: answer.body.mismatches });
  });

  it('a session is still open after somebody else claimed to close it', async () => {
    expect((await analyst.get(`/v1/sessions/${sessionId}`)).body.status).toBe('active');
  });
});
