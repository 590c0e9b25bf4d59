import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { FailureError, failure, type Replica } from '@intendant/intent-model';
import { createLogger, systemClock, systemScheduler } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { LogWriter } from '@intendant/partition';
import { MemoryWal } from '@intendant/wal';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { createDataPlane } from '../dispatch/data-plane.js';
import { ForwardedRequests } from '../link/forwarded-requests.js';
import { Forwarder } from '../link/forwarder.js';
import { Holders } from '../link/holders.js';
import { addLinkRoutes } from '../link/link-routes.js';
import { linkAgent } from '../link/replica-link.js';
import type { Ownership } from '../ownership/ownership.js';
import type { Platform } from '../platform/compose.js';
import { installBodyParsers } from './body-parsers.js';
import { installForwarding } from './forwarding.js';
import { installIntentRoute } from './intent-route.js';
import { KnownPaths } from './known-paths.js';
import { refuseAmbiguousRequests } from './request-form.js';

const PARTITIONS = 4;
const PATH = `/v1/executions/exe_${'0'.repeat(32)}`;
const SUBMISSION = JSON.stringify({ intentType: 'a.b', sessionId: `ses_${'0'.repeat(32)}`, payload: {} });
const logger = createLogger('spec', 'fatal');

/** What the holder saw of the requests that were handed to it. */
interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
let seen: Seen[] = [];
let appended = 0;
let submittedHere = 0;
let answerWith: (response: ServerResponse) => void;
let holder: FastifyInstance;
let front: FastifyInstance;

/** A replica that holds nothing, as clients meet it. */
async function openFront(platform: Platform): Promise<void> {
  front = fastify();
  const paths = new KnownPaths();
  paths.listenTo(front);
  installBodyParsers(front, 1_000_000);
  refuseAmbiguousRequests(front, platform, paths);
  installForwarding(front, platform, paths);
  installIntentRoute(front, platform, paths);
  front.all('/v1/executions/:executionId', async () => 'here');
  await front.listen({ host: '127.0.0.1', port: 0 });
}

async function openHolder(authority: TestAuthority): Promise<Replica> {
  const log = new LogWriter(new MemoryWal(PARTITIONS), systemClock);
  await log.claimAll();
  log.onEntry(() => {
    appended += 1;
  });
  holder = createDataPlane({ tls: await authority.issue('runtime'), logger } as Parameters<typeof createDataPlane>[0]);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const line = `${request.method} ${request.url}`;
    seen.push({ line, headers: request.headers, body: Buffer.concat(chunks).toString() });
    answerWith(response);
  };
  addLinkRoutes(holder, {
    log,
    recordLate: async () => undefined,
    serve: (request, response) => void serve(request, response),
  });
  await holder.listen({ host: '127.0.0.1', port: 0 });
  return { replicaId: 'holder', linkUrl: `https://127.0.0.1:${(holder.server.address() as AddressInfo).port}` };
}

beforeAll(async () => {
  const authority = await TestAuthority.create();
  const replica = await openHolder(authority);
  const holders = new Holders('here', systemClock, systemScheduler);
  holders.heed({ ownerOf: () => replica, mine: () => false, unready: () => null } as unknown as Ownership);
  const agent = linkAgent(await authority.issue('runtime'));
  const principal = { tenantId: 'acme', userId: 'ada', roles: [], mode: 'standard' };
  await openFront({
    logger,
    holders,
    forwarder: new Forwarder(agent, holders, systemClock, systemScheduler),
    forwarded: new ForwardedRequests(),
    tokens: {
      recall: (token: string) => (token === 'good' ? principal : undefined),
      verify: async () => ({ ok: false, error: 'the token is not ours' }),
    },
    metrics: { unauthenticated: { inc: () => undefined } },
    ids: { nextUuid: () => '00000000-0000-4000-8000-000000000000' },
    // something is held here, so that what has no key is taken here
    log: { partitionCount: PARTITIONS, held: [{ partition: 9, epoch: 1 }] },
    intake: {
      submit: async () => {
        submittedHere += 1;
        throw new FailureError(failure('not_found', 'no such session'));
      },
    },
  } as unknown as Platform);
});
afterAll(async () => {
  await front.close();
  holder.server.closeAllConnections();
  await holder.close();
});
beforeEach(() => {
  [seen, appended, submittedHere] = [[], 0, 0];
  answerWith = (response) => void response.end('the holder');
});

/** Everything that comes back for these bytes, until the connection is closed. */
async function raw(text: string): Promise<string> {
  const socket = connect((front.server.address() as AddressInfo).port, '127.0.0.1');
  let got = '';
  socket.setEncoding('latin1').on('data', (part) => {
    got += String(part);
  });
  socket.on('error', () => undefined);
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return got;
}
const request = (line: string, fields: readonly string[], body = '', token = 'good'): Promise<string> =>
  raw(
    `${line} HTTP/1.1\r\n${['host: x', 'connection: close', `authorization: Bearer ${token}`, ...fields].join('\r\n')}\r\n\r\n${body}`,
  );
const statusOf = (answer: string): number => Number(/^HTTP\/1.1 (\d{3})/.exec(answer)?.[1]);
const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;

describe('a request that another replica answers', () => {
  it.each(['GET', 'HEAD', 'DELETE'])('cannot hide a second one in the body of %s', async (method) => {
    const message = JSON.stringify({
      streamId: 'grants/victim',
      attribution: { tenantId: 'victim', sessionId: null, executionId: null, intentId: null, correlationId: null },
      drafts: [{ type: 'grant.given', actor: 'user:victim', cause: null, data: {} }],
      firstSeq: null,
    });
    const hidden = `POST /link/append HTTP/1.1\r\nhost: x\r\ncontent-length: ${message.length}\r\n\r\n${message}`;
    const inChunks = await request(`${method} ${PATH}`, ['transfer-encoding: chunked'], chunked(hidden));
    const atOnce = await request(`${method} ${PATH}`, [`content-length: ${hidden.length}`], hidden);
    expect([statusOf(inChunks), statusOf(atOnce)]).toEqual([400, 400]);
    if (method !== 'HEAD') {
      expect(inChunks).toContain('"field":"header transfer-encoding"');
      expect(atOnce).toContain('"field":"header content-length"');
    }
    expect(statusOf(await request(`GET ${PATH}`, []))).toBe(200);
    expect([seen.map(({ line }) => line), appended]).toEqual([[`GET ${PATH}`], 0]);
  });

  it('goes to the holder, however its path is spelled', async () => {
    expect(await request(`GET ${PATH.replace('exe_', '%65xe_')}?q=%`, [])).toContain('the holder');
  });

  it('has there all the headers that it had here', async () => {
    const padding = Array.from({ length: 1_500 }, (_, n) => `a${n}:`);
    expect(statusOf(await request(`GET ${PATH}`, [...padding, 'x-tenant-id: t_other']))).toBe(200);
    expect(seen.map(({ headers }) => headers['x-tenant-id'])).toEqual(['t_other']);
  });

  it('is not handed over for who is unknown, nor where no route takes it', async () => {
    expect(statusOf(await request(`GET ${PATH}`, [], '', 'forged'))).toBe(401);
    expect(statusOf(await request(`GET ${PATH}/nothing`, []))).toBe(404);
    expect(statusOf(await request(`PROPFIND ${PATH}`, []))).toBe(404);
    expect(seen).toEqual([]);
  });

  it.each([
    ['trailer', ['trailer: x'], 200],
    ['a named field', ['connection: x-hop', 'x-hop: 1'], 200],
    ['expect', ['expect: 100-continue'], 200],
    ['upgrade', ['connection: upgrade', 'upgrade: websocket', 'http2-settings: AAA'], 200],
    ['te', ['te: trailers'], 200],
    ['a foreign host', ['x-forwarded-host: evil', 'x-forwarded-for: 10.0.0.5'], 200],
    ['bytes beyond ASCII', ['x-name: \u00e9\u00ff\tz'], 200],
    ['a prototype', ['__proto__: x', 'constructor: y'], 200],
    ['a folded field', ['x-a: b\r\n c'], 400],
    ['a raw carriage return', ['x-a: b\rc'], 400],
    ['two lengths', ['content-length: 0', 'content-length: 1'], 400],
    ['a length and chunks', ['content-length: 1', 'transfer-encoding: chunked'], 400],
    ['very many fields', Array.from({ length: 700 }, (_, n) => `x-${n}: ${n}`), 200],
    ['head as large as may be', [`x-a: ${'a'.repeat(16_000)}`], 200],
  ])('with %s ends no process, and says nothing of this connection', async (_what, fields, status) => {
    expect(statusOf((await request(`GET ${PATH}`, fields)).replace('HTTP/1.1 100 Continue\r\n\r\n', ''))).toBe(status);
    // a submission was read already when it is handed over
    const json = ['content-type: application/json', 'idempotency-key: k', ...fields];
    const posted = await request('POST /v1/intents', [...json, 'transfer-encoding: chunked'], chunked(SUBMISSION));
    expect([200, 400]).toContain(statusOf(posted.replace('HTTP/1.1 100 Continue\r\n\r\n', '')));
    for (const { headers } of seen)
      for (const name of ['trailer', 'x-hop', 'expect', 'upgrade', 'te', 'http2-settings'])
        expect(headers).not.toHaveProperty(name);
    if (status === 200) expect(seen.map(({ body }) => body)).toEqual(['', SUBMISSION]);
    expect(seen.every(({ headers }) => headers.host?.startsWith('127.0.0.1:'))).toBe(true);
  });

  it.each([
    `CONNECT ${PATH}`,
    `OPTIONS ${PATH}`,
    `TRACE ${PATH}`,
    `GET ${PATH}?${'q'.repeat(15_000)}`,
    `GET ${PATH}?\u00e9`,
    `GET ${PATH}?%`,
    `GET ${PATH}#x`,
  ])('as %.60s ends no process', async (line) => {
    await request(line, []);
    expect(statusOf(await request(`GET ${PATH}`, []))).toBe(200);
  });

  it.each(['https://127.0.0.1:1/v1/intents', 'http://10.0.0.5/v1/intents', '//10.0.0.5/v1/intents'])(
    'goes to the holder and nobody else, whatever its target names: %s',
    async (target) => {
      const fields = ['content-type: application/json', 'idempotency-key: k', 'content-length: 2'];
      const answer = await request(`POST ${target}`, fields, '{}');
      expect([statusOf(answer), seen]).toEqual([target.startsWith('/') ? 404 : 400, []]);
      if (!target.startsWith('/')) expect(answer).toContain('"field":"path"');
    },
  );

  it('may carry its key in its body: it goes where the same key goes in a header', async () => {
    const post = (body: object, fields: readonly string[] = []): Promise<string> => {
      const text = JSON.stringify(body);
      const typed = ['content-type: application/json', `content-length: ${text.length}`, ...fields];
      return request('POST /v1/intents', typed, text);
    };
    const inBody = { ...JSON.parse(SUBMISSION), idempotencyKey: 'k' };
    expect(await post(inBody)).toContain('the holder');
    expect(await post(JSON.parse(SUBMISSION), ['idempotency-key: k'])).toContain('the holder');
    expect([seen.map(({ body }) => body), submittedHere]).toEqual([[JSON.stringify(inBody), SUBMISSION], 0]);
    // without a key it is taken where it comes
    expect(statusOf(await post(JSON.parse(SUBMISSION)))).toBe(404);
    expect([seen.length, submittedHere]).toEqual([2, 1]);
  });

  it.each([
    ['a trailer announced', (response: ServerResponse) => response.writeHead(200, { trailer: 'x' }).end('odd')],
    [
      'fields of a connection',
      (response: ServerResponse) => response.writeHead(200, { connection: 'x-hop', 'x-hop': '1' }).end('odd'),
    ],
    ['no status that may be passed on', (response: ServerResponse) => response.socket?.end('HTTP/1.1 099 x\r\n\r\n')],
    ['no HTTP', (response: ServerResponse) => response.socket?.end('hello\r\n\r\n')],
  ])('by %s ends no process', async (_what, answering) => {
    answerWith = answering;
    const answer = await request(`GET ${PATH}`, []);
    expect([200, 500, 503]).toContain(statusOf(answer));
    expect(answer).not.toMatch(/^(trailer|x-hop):/im);
    answerWith = (response) => void response.end('the holder');
    expect(statusOf(await request(`GET ${PATH}`, []))).toBe(200);
  });
});
