import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, startCluster, typesOf, type User } from './cluster.js';

const CONTENT_MAX = 64 * 1024;
const QUOTA = 200 * 1024;

let cluster: Cluster;
let analyst: User;
let colleague: User;
let outsider: User;
let auditor: User;

beforeAll(async () => {
  const env = { INTENDANT_CONTENT_BYTES_MAX: String(CONTENT_MAX), INTENDANT_CONTENT_QUOTA_BYTES: String(QUOTA) };
  cluster = await startCluster({ env });
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  colleague = await cluster.user('t_showcase', 'colleague', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
  outsider = await cluster.user('t_atlantic_life', 'analyst', 'analyst');
});
afterAll(async () => cluster.lab.destroy());

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const isStored = (tenantId: string, digest: string): boolean =>
  existsSync(join(cluster.lab.dataDir, 'content', tenantId, digest.slice(0, 2), digest.slice(2)));
const upload = async (user: User, sessionId: string, contentRef: string) =>
  user.run(sessionId, 'content.upload', { uiName: 'a.csv', fileType: 'csv', contentRef });

describe('staging', () => {
  it('keeps bytes under their digest and gives them back to their owner', async () => {
    const bytes = 'a,b\n1,2\n';
    const staged = await analyst.post(`/v1/content?sha256=${sha256(bytes)}`, bytes);
    expect(staged).toMatchObject({ status: 201, body: { ref: `content://${sha256(bytes)}`, sizeBytes: bytes.length } });
    expect((await analyst.get(`/v1/content/${sha256(bytes)}`)).body).toBe(bytes);
    expect((await auditor.get(`/v1/content/${sha256(bytes)}`)).body).toBe(bytes);
  });

  it('a wrong digest stores nothing, in query or header', async () => {
    const bytes = 'never stored';
    const wrong = sha256('something else');
    const header = `sha-256=:${Buffer.from(wrong, 'hex').toString('base64')}:`;
    for (const answer of [
      await analyst.post(`/v1/content?sha256=${wrong}`, bytes),
      await analyst.post('/v1/content', bytes, { 'content-digest': header }),
    ])
      expect(answer).toMatchObject({ status: 422, body: { code: 'digest_mismatch' } });
    expect(isStored('t_showcase', sha256(bytes))).toBe(false);
    expect(await analyst.get(`/v1/content/${sha256(bytes)}`)).toMatchObject({
      status: 404,
      body: { code: 'content_not_found' },
    });
    const malformed = await analyst.post('/v1/content?sha256=abc', bytes);
    expect(malformed).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'query sha256' } });
  });

  it('more than the limit is 413 and leaves nothing', async () => {
    const bytes = Buffer.alloc(CONTENT_MAX + 1, 'x');
    expect(await analyst.post('/v1/content', bytes)).toMatchObject({
      status: 413,
      body: { code: 'content_too_large' },
    });
    expect(isStored('t_showcase', sha256(bytes))).toBe(false);
    expect((await analyst.post('/v1/content', Buffer.alloc(CONTENT_MAX, 'x'))).status).toBe(201);
  });

  it('the quota is the tenant’s own; the same bytes count once', async () => {
    const piece = (name: string) => Buffer.alloc(60 * 1024, name);
    const user = await cluster.user('t_te_range', 'analyst', 'analyst');
    for (const name of ['1', '2', '3', '1']) expect((await user.post('/v1/content', piece(name))).status).toBe(201);
    const over = await user.post('/v1/content', piece('4'));
    expect(over).toMatchObject({ status: 413, body: { code: 'content_quota_exceeded' } });
    expect(isStored('t_te_range', sha256(piece('4')))).toBe(false);
    expect((await analyst.post('/v1/content', piece('4'))).status).toBe(201);
  });
});

describe('whose content it is', () => {
  it('two users who stage the same bytes both keep access', async () => {
    const bytes = 'shared,by,chance\n1,2,3\n';
    const { ref } = (await analyst.post('/v1/content', bytes)).body;
    const refused = await upload(colleague, await colleague.session(), ref);
    expect(refused).toMatchObject({ status: 403, body: { code: 'data_access_denied' } });
    expect((await colleague.post('/v1/content', bytes)).body.ref).toBe(ref);
    for (const user of [analyst, colleague]) {
      expect((await user.get(`/v1/content/${sha256(bytes)}`)).body).toBe(bytes);
      expect((await upload(user, await user.session(), ref)).body.status).toBe('completed');
    }
  });

  it('another tenant’s reference is denied at the Data Steward, with the decision recorded', async () => {
    const bytes = 'secret,of,showcase\n';
    const { ref } = (await analyst.post('/v1/content', bytes)).body;
    const missing = `content://${sha256('nobody ever staged this')}`;
    const sessionId = await outsider.session();
    const [foreign, absent] = [await upload(outsider, sessionId, ref), await upload(outsider, sessionId, missing)];
    for (const answer of [foreign, absent])
      expect(answer).toMatchObject({
        status: 403,
        body: { code: 'data_access_denied', decisionId: expect.stringMatching(/^dec_/) },
      });
    expect({ ...foreign.body, ...VARYING }).toEqual({ ...absent.body, ...VARYING });
    const { records } = (await outsider.get(`/v1/refusals/${foreign.body.refusalId}`)).body;
    expect(typesOf(records)).toEqual(['intent.received', 'policy.decided', 'intent.rejected']);
    const { decision } = records[1].data;
    expect(decision.steps.find((step: { outcome: string }) => step.outcome === 'denied')).toMatchObject({
      role: 'data_steward',
      check: 'references',
    });
    expect((await outsider.get(`/v1/content/${sha256(bytes)}`)).body).toMatchObject({ code: 'content_not_found' });
  });

  it('an artifact of somebody else cannot be worked on, an own one can', async () => {
    const sessionId = await analyst.session();
    const { ref } = (await analyst.post('/v1/content', 'x,y\n1,2\n')).body;
    const fileId = (await upload(analyst, sessionId, ref)).body.result.artifacts[0].artifactId;
    const payload = { fileId, parsingType: 'csv' };
    expect((await analyst.run(sessionId, 'content.parse', payload)).body.status).toBe('completed');
    for (const user of [colleague, outsider])
      expect(await user.run(await user.session(), 'content.parse', payload)).toMatchObject({
        status: 403,
        body: { code: 'data_access_denied' },
      });
  });
});

/** What differs between two refusals of the same kind. */
const VARYING = { correlationId: '', decisionId: '', refusalId: '' };
