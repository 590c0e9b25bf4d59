import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Failure, failure, JOURNAL_VALUE_CHARS_MAX } from '@intendant/intent-model';
import { clientTlsOptions, createLogger, type TlsFiles } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { EMPTY_HEAD, encodeEntry } from '@intendant/wal';
import { MemoryPartitionStore, SAMPLE_IDS, sampleAttribution } from '@intendant/wal/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { Agent, request } from 'undici';
import { ArtifactStore } from '../content/artifact-store.js';
import { systemRandom } from '../platform/system.js';
import { type CallGrant, CallGrants } from './call-grants.js';
import { createDataPlane } from './data-plane.js';

const { executionId, sessionId, tenantId } = SAMPLE_IDS;
const OTHER_SESSION = `ses_${'0'.repeat(32)}`;
const OTHER_EXECUTION = `exe_${'0'.repeat(32)}`;

let root: string;
let server: FastifyInstance;
let url: string;
let authority: TestAuthority;
let content: ArtifactStore;
let shortage: Failure | null = null;
const grants = new CallGrants(systemRandom());
const store = new MemoryPartitionStore();
const issued: string[] = [];
const agents: Agent[] = [];

/** The data plane as the holder of a certificate sees it. */
function as(tls: TlsFiles | Pick<TlsFiles, 'ca'>) {
  const agent = new Agent({ connect: clientTlsOptions(tls as TlsFiles, 'runtime') });
  agents.push(agent);
  return async (method: 'GET' | 'POST', path: string, bearer: string | null, body: string | Buffer | null = null) => {
    const headers = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
    const answer = await request(url + path, { dispatcher: agent, method, headers, body });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const isJson = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, body: isJson ? JSON.parse(bytes.toString()) : bytes.toString() };
  };
}

let parser: ReturnType<typeof as>;
let thief: ReturnType<typeof as>;

const grant = (changes: Partial<CallGrant> = {}): string => {
  const whole = {
    tenantId,
    service: 'content',
    executionId,
    stepId: 'main',
    sessionId,
    readable: new Set<string>(),
    ...changes,
  };
  const bearer = grants.issue(whole);
  issued.push(bearer);
  return bearer;
};
const keep = (text: string, tenant: string = tenantId) => content.put(tenant, Readable.from([Buffer.from(text)]));
const LARGE = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
const refused = (status: number, code: string) => ({ status, body: expect.objectContaining({ code, status }) });

/** Commits a value to state, as the log would. */
function commit(scope: 'session' | 'execution', key: string, value: string, session: string, execution: string): void {
  const at = { ...sampleAttribution(execution), sessionId: session };
  const draft = { type: 'state.changed' as const, data: { scope, key, value }, actor: 'service:content', cause: null };
  const entry = encodeEntry(execution, EMPTY_HEAD, at, SAMPLE_IDS.at, [draft]);
  store.apply({ ...entry, partition: 0, epoch: 1, position: 1 });
}

beforeAll(async () => {
  authority = await TestAuthority.create();
  root = await mkdtemp(join(tmpdir(), 'data-plane-'));
  content = new ArtifactStore(root, { bytesMax: 4_000_000, tenantBytesMax: 16_000_000 });
  const tls = await authority.issue('runtime');
  server = createDataPlane({
    tls,
    grants,
    content,
    store,
    shortage: () => shortage,
    logger: createLogger('spec', 'fatal'),
    report: async () => ({ kind: 'superseded' }),
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  url = `https://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  parser = as(await authority.issue('content', ['content']));
  thief = as(await authority.issue('insights', ['insights']));
});
afterEach(() => {
  shortage = null;
  for (const bearer of issued.splice(0)) grants.revoke(bearer);
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.destroy()));
  await server.close();
  await rm(root, { recursive: true });
});

describe('who may come in', () => {
  it('the service that the grant was issued to', async () => {
    const { sha256 } = await keep('for content');
    const bearer = grant({ readable: new Set([sha256]) });
    expect(await parser('GET', `/content/${sha256}`, bearer)).toEqual({ status: 200, body: 'for content' });
  });

  it.each([
    ['GET', '/content/'],
    ['POST', '/content'],
    ['GET', '/state/session/last'],
  ] as const)('not another service with a stolen grant: %s %s', async (method, path) => {
    const { sha256 } = await keep('for content');
    const bearer = grant({ readable: new Set([sha256]) });
    const whole = path.endsWith('/') ? path + sha256 : path;
    const body = method === 'POST' ? 'stolen' : null;
    expect(await thief(method, whole, bearer, body)).toEqual(refused(401, 'unauthenticated'));
  });

  it('nobody once the call is over, not even on the same connection', async () => {
    const { sha256 } = await keep('for a while');
    const bearer = grant({ readable: new Set([sha256]) });
    expect((await parser('GET', `/content/${sha256}`, bearer)).status).toBe(200);
    grants.revoke(bearer);
    expect(await parser('GET', `/content/${sha256}`, bearer)).toEqual(refused(401, 'unauthenticated'));
    expect(await parser('POST', '/content', bearer, 'late')).toEqual(refused(401, 'unauthenticated'));
  });

  it.each([null, '', 'guessed', 'a b'])('nobody with the bearer %p', async (bearer) => {
    grant();
    expect(await parser('GET', '/state/session/last', bearer)).toEqual(refused(401, 'unauthenticated'));
  });

  it('no connection without a certificate, or with one of another authority', async () => {
    const { ca } = await authority.issue('content');
    const bearer = grant();
    await expect(as({ ca })('GET', '/state/session/last', bearer)).rejects.toThrow();
    const impostor = { ...(await (await TestAuthority.create()).issue('content')), ca };
    await expect(as(impostor)('GET', '/state/session/last', bearer)).rejects.toThrow();
  });
});

describe('content', () => {
  it('is readable only if the decision allowed it', async () => {
    const [allowed, other] = [await keep('allowed'), await keep('other')];
    const bearer = grant({ readable: new Set([allowed.sha256]) });
    expect((await parser('GET', `/content/${allowed.sha256}`, bearer)).status).toBe(200);
    expect(await parser('GET', `/content/${other.sha256}`, bearer)).toEqual(refused(403, 'data_access_denied'));
    const absent = createHash('sha256').update('absent').digest('hex');
    expect(await parser('GET', `/content/${absent}`, bearer)).toEqual(refused(403, 'data_access_denied'));
  });

  it('of another tenant is not found, whatever the grant says', async () => {
    const { sha256 } = await keep('abroad', 'globex');
    const bearer = grant({ readable: new Set([sha256]) });
    expect(await parser('GET', `/content/${sha256}`, bearer)).toEqual(refused(404, 'content_not_found'));
  });

  it('is not taken when the disk runs full, and still read', async () => {
    const { sha256 } = await keep('kept');
    const bearer = grant({ readable: new Set([sha256]) });
    shortage = failure('storage_low', 'no room');
    expect(await parser('POST', '/content', bearer, 'more')).toEqual(refused(503, 'storage_low'));
    expect((await parser('GET', `/content/${sha256}`, bearer)).status).toBe(200);
  });

  it('written in a call can be read in that call, and in no other', async () => {
    const [mine, other] = [grant(), grant()];
    const bytes = Buffer.alloc(3_000_000, 'long enough to come in pieces ');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = `/content/${sha256}`;
    expect((await parser('GET', path, mine)).status).toBe(403);
    const written = await parser('POST', '/content', mine, bytes);
    expect(written).toEqual({
      status: 200,
      body: { ref: expect.stringContaining(sha256), sha256, sizeBytes: bytes.length },
    });
    expect(await parser('GET', path, mine)).toEqual({ status: 200, body: bytes.toString() });
    expect(await parser('GET', path, other)).toEqual(refused(403, 'data_access_denied'));
  });
});

describe('state', () => {
  beforeAll(() => {
    commit('session', 'last', 'of my session', sessionId, executionId);
    commit('execution', 'step', 'of my execution', sessionId, executionId);
    commit('session', 'theirs', 'of another session', OTHER_SESSION, OTHER_EXECUTION);
    commit('execution', 'theirs', 'of another execution', OTHER_SESSION, OTHER_EXECUTION);
  });

  it('is that of the call’s own session and execution', async () => {
    const bearer = grant();
    expect(await parser('GET', '/state/session/last', bearer)).toEqual({
      status: 200,
      body: { value: 'of my session' },
    });
    expect(await parser('GET', '/state/execution/step', bearer)).toEqual({
      status: 200,
      body: { value: 'of my execution' },
    });
  });

  it.each([
    ['session', 'absent', 'a key nobody wrote'],
    ['session', 'theirs', 'another session’s key'],
    ['execution', 'theirs', 'another execution’s key'],
    ['session', 'step', 'the execution’s key in the session'],
    ['execution', 'last', 'the session’s key in the execution'],
    ['tenant', 'step', 'a scope there is not'],
  ])('is not found: /state/%s/%s, %s', async (scope, key) => {
    expect(await parser('GET', `/state/${scope}/${key}`, grant())).toEqual(refused(404, 'not_found'));
  });

  it.each(['/state/session/last', '/state/execution/step', '/v1/intents'])(
    'a call changes state and submits through what it returns alone: there is no POST %s',
    async (path) => {
      const body = JSON.stringify({ value: 'changed', sessionId, intentType: 'content.greet', payload: {} });
      expect((await parser('POST', path, grant(), body)).status).toBe(404);
      expect(store.state(sessionId, 'last')).toBe('of my session');
    },
  );
});

describe('a report', () => {
  const reportOf = (value: unknown): string =>
    JSON.stringify({
      callToken: { epoch: 1, n: 1 },
      commands: [{ op: 'step_succeed', id: 'a', attempt: 1, value }],
    });

  it('reaches the supervisor, and its answer the participant', async () => {
    expect(await parser('POST', '/journal', grant(), reportOf(null))).toEqual({
      status: 409,
      body: { kind: 'superseded' },
    });
  });

  it.each([
    ['that is too large', LARGE, 413, 'body_too_large'],
    ['that is no JSON', '{', 400, 'malformed_json'],
    ['that is none', '{}', 400, 'invalid_request'],
    ['with a value beyond the limit', reportOf('x'.repeat(JOURNAL_VALUE_CHARS_MAX - 1)), 400, 'invalid_request'],
  ])('%s is refused', async (_what, body, status, code) => {
    expect(await parser('POST', '/journal', grant(), body)).toMatchObject(refused(status, code));
  });
});

describe('a replay', () => {
  it('reads what was allowed, and may write, ask or report nothing', async () => {
    const { sha256 } = await keep('as it was');
    const bearer = grant({ readable: new Set([sha256]), readOnly: true });
    expect(await parser('GET', `/content/${sha256}`, bearer)).toEqual({ status: 200, body: 'as it was' });
    const live = [
      ['POST', '/content'],
      ['GET', '/state/session/last'],
      ['POST', '/journal'],
    ] as const;
    for (const [method, path] of live)
      expect(await parser(method, path, bearer, method === 'POST' ? '{}' : null)).toMatchObject(
        refused(403, 'live_effect_refused'),
      );
  });
});
