import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pdfOf } from '../../examples/data/pdf-writer.mjs';
import { pdfRepeating } from '../../examples/testing/repeating-pdf.js';
import { type Cluster, startCluster, typesOf, type User, until } from './cluster.js';

const CONTENT_MAX = 64 * 1024;
const QUOTA = 200 * 1024;

const lines: string[] = [];
let cluster: Cluster;
let analyst: User;
let colleague: User;
let outsider: User;
let auditor: User;

beforeAll(async () => {
  const env = { INTENDANT_CONTENT_BYTES_MAX: String(CONTENT_MAX), INTENDANT_CONTENT_QUOTA_BYTES: String(QUOTA) };
  cluster = await startCluster({ env, onLine: (line) => lines.push(line) });
  analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
  colleague = await cluster.user('t_showcase', 'colleague', 'analyst');
  auditor = await cluster.user('t_showcase', 'auditor', 'auditor');
  outsider = await cluster.user('t_atlantic_life', 'analyst', 'analyst');
});
afterAll(async () => cluster.lab.destroy());

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const storedAt = (tenantId: string, digest: string): string =>
  join(cluster.lab.dataDir, 'content', tenantId, digest.slice(0, 2), digest.slice(2));
const isStored = (tenantId: string, digest: string): boolean => existsSync(storedAt(tenantId, digest));
const upload = async (user: User, sessionId: string, contentRef: string) =>
  user.run(sessionId, 'content.upload', { uiName: 'a.csv', fileType: 'csv', contentRef });

describe('staging', () => {
  it('keeps bytes under their digest and gives them back to their owner', async () => {
    const bytes = 'a,b\n1,2\n';
    const staged = await analyst.post(`/v1/content?sha256=${sha256(bytes)}`, bytes);
    expect(staged).toMatchObject({ status: 201, body: { ref: `content://${sha256(bytes)}`, sizeBytes: bytes.length } });
    expect((await analyst.get(`/v1/content/${sha256(bytes)}`)).body).toBe(bytes);
    expect((await auditor.get(`/v1/content/${sha256(bytes)}`)).body).toBe(bytes);
    expect((await analyst.get(`/v1/content/${sha256(bytes).toUpperCase()}`)).body).toBe(bytes);
    const otherAlgorithm = await analyst.post('/v1/content', bytes, { 'content-digest': 'sha-512=:AAAA:' });
    expect(otherAlgorithm.status).toBe(201);
  });

  it('is given back as something to save, never to show, and not again to who has it', async () => {
    const html = '<script>alert(1)</script>';
    const path = `/v1/content/${sha256(html)}`;
    await analyst.post('/v1/content', html, { 'content-type': 'text/html' });
    const first = await analyst.get(path, { range: 'bytes=0-3' });
    expect(first).toMatchObject({
      status: 200,
      body: html,
      headers: {
        'accept-ranges': 'none',
        'cache-control': 'private, no-cache',
        'content-disposition': 'attachment',
        'content-type': 'application/octet-stream',
        etag: `"${sha256(html)}"`,
        vary: 'authorization',
        'x-content-type-options': 'nosniff',
      },
    });
    const known = { 'if-none-match': `"other", ${String(first.headers['etag'])}` };
    expect(await analyst.get(path, known)).toMatchObject({
      status: 304,
      body: '',
      headers: { etag: `"${sha256(html)}"` },
    });
    // a digest that somebody guesses tells nothing
    expect(await outsider.get(path, known)).toMatchObject({ status: 404, body: { code: 'content_not_found' } });
    expect(await colleague.get(path, known)).toMatchObject({ status: 403, body: { code: 'data_access_denied' } });
  });

  it('bytes that are said to be encoded are refused, for they would be kept as other bytes', async () => {
    const packed = gzipSync('a,b\n1,2\n');
    for (const [path, type] of [
      ['/v1/content', 'text/csv'],
      ['/v1/content', 'application/json'],
      ['/v1/intents', 'application/json'],
      ['/v1/policies', 'application/json'],
    ] as const)
      expect(await analyst.post(path, packed, { 'content-type': type, 'content-encoding': 'gzip' })).toMatchObject({
        status: 415,
        body: { code: 'unsupported_media_type', field: 'header content-encoding' },
      });
    expect(isStored('t_showcase', sha256(packed))).toBe(false);
    expect((await analyst.post('/v1/content', packed, { 'content-encoding': 'Identity' })).status).toBe(201);
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
    const both = await analyst.post(`/v1/content?sha256=${sha256(bytes)}`, bytes, { 'content-digest': header });
    expect(both).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'header content-digest' } });
    const malformed = await analyst.post('/v1/content?sha256=abc', bytes);
    expect(malformed).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'query sha256' } });
  });

  it('a client that goes away in the middle leaves nothing, and is no error of ours', async () => {
    const taken = () => analyst.metric('intendant_content_bytes_taken_total');
    const before = await taken();
    const upload = httpRequest(`${cluster.lab.url}/v1/content`, {
      method: 'POST',
      headers: { authorization: `Bearer ${analyst.token}`, 'content-length': CONTENT_MAX },
    });
    upload.on('error', () => undefined);
    upload.write(Buffer.alloc(1_000, 'y'));
    await until('some of it arrived', async () => ((await taken()) > before ? true : undefined));
    upload.destroy();
    const incoming = join(cluster.lab.dataDir, 'content', 't_showcase', 'incoming');
    await until('it is gone', () => (readdirSync(incoming).length === 0 ? true : undefined));
    expect((await analyst.post('/v1/content', 'after it\n')).status).toBe(201);
    expect(lines.filter((line) => line.includes('unforeseen error'))).toEqual([]);
  });

  it('bytes that were damaged on disk are never given as the whole; the right ones replace them', async () => {
    const bytes = 'damaged,on,disk\n';
    const path = `/v1/content/${sha256(bytes)}`;
    await analyst.post('/v1/content', bytes);
    writeFileSync(storedAt('t_showcase', sha256(bytes)), bytes.replace('on', 'in'));
    expect(await analyst.get(path)).toMatchObject({ status: 500, body: { code: 'content_corrupt' } });
    expect((await analyst.post('/v1/content', bytes)).status).toBe(201);
    expect(await analyst.get(path)).toMatchObject({ status: 200, body: bytes });
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

describe('content that is too much for its reader', () => {
  const parsed = async (sessionId: string, parsingType: string, bytes: string | Buffer) => {
    const { ref } = (await analyst.post('/v1/content', bytes)).body;
    const payload = { uiName: 'a', fileType: parsingType, contentRef: ref };
    const fileId = (await analyst.run(sessionId, 'content.upload', payload)).body.result.artifacts[0].artifactId;
    const { executionId } = (await analyst.submit(sessionId, 'content.parse', { fileId, parsingType })).body;
    return analyst.settled(executionId);
  };

  it('a PDF that would end its reader fails for good at once, while another is read', async () => {
    const sessionId = await analyst.session();
    const [hostile, harmless] = await Promise.all([
      parsed(sessionId, 'pdf', pdfRepeating('A', 128_000_000)),
      parsed(sessionId, 'pdf', pdfOf([['harmless']])),
    ]);
    expect(hostile).toMatchObject({ status: 'failed', error: { code: 'pdf_too_complex', retryable: false } });
    expect(harmless.status).toBe('completed');
  });

  it('a table that grows beyond the limit is not called a file that is too large', async () => {
    const table = `${Array.from({ length: 1_000 }, (_, column) => `column number ${column}`).join(',')}\n`;
    const { status, error } = await parsed(
      await analyst.session(),
      'csv',
      `${table}${`${','.repeat(999)}\n`.repeat(40)}`,
    );
    expect({ status, error }).toMatchObject({
      status: 'failed',
      error: { code: 'parsed_content_too_large', retryable: false, details: { recordCount: expect.any(Number) } },
    });
  });
});

/** What differs between two refusals of the same kind. */
const VARYING = { correlationId: '', decisionId: '', refusalId: '' };
