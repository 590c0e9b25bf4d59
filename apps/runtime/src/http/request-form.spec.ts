import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createLogger } from '@intendant/nest-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { CONTENT_PATH, installBodyParsers } from './body-parsers.js';
import { frameworkProblems } from './framework-problems.js';
import { KnownPaths } from './known-paths.js';
import { refuseAmbiguousRequests } from './request-form.js';

/** What reached the routes: the bytes of content, the body of anything else, and the headers. */
let kept: string[] = [];
let bodies: unknown[] = [];
let headers: Readonly<Record<string, unknown>> = {};
let server: FastifyInstance;

beforeAll(async () => {
  server = fastify({ ...frameworkProblems });
  const paths = new KnownPaths();
  paths.listenTo(server);
  installBodyParsers(server, 64);
  const platform = {
    logger: createLogger('spec', 'fatal'),
    ids: { nextUuid: () => '00000000-0000-4000-8000-000000000000' },
  };
  refuseAmbiguousRequests(server, platform as unknown as Platform, paths);
  server.post(CONTENT_PATH, async (request, reply) => {
    kept.push(await text(request.raw as Readable));
    return reply.status(201).send();
  });
  server.post('/v1/things', async (request) => {
    bodies.push(request.body);
    headers = request.headers;
    return 'taken';
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close());
beforeEach(() => {
  [kept, bodies, headers] = [[], [], {}];
});

/** Everything that comes back for a request, until the connection is closed. */
async function answerTo(line: string, fields: readonly string[], body = ''): Promise<string> {
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
  let got = '';
  socket.on('data', (part) => {
    got += String(part);
  });
  socket.on('error', () => undefined);
  socket.write(`${line} HTTP/1.1\r\n${[...fields, 'connection: close'].join('\r\n')}\r\n\r\n${body}`, 'latin1');
  await once(socket, 'close');
  return got;
}
const post = (path: string, fields: readonly string[], body: string): Promise<string> =>
  answerTo(`POST ${path}`, ['host: x', `content-length: ${Buffer.byteLength(body)}`, ...fields], body);
const statusOf = (answer: string): number => Number(/^HTTP\/1.1 (\d{3})/.exec(answer)?.[1]);
const JSON_TYPE = 'content-type: application/json';

describe('content', () => {
  const spellings = ['/v1/content', '/v1/%63ontent', '/v1/conten%74?sha256=x', '/v1/content#x'];

  it.each(spellings)('is kept as it was sent, however its path is spelled: %s', async (path) => {
    const long = JSON.stringify({ a: '1'.repeat(100) });
    expect(statusOf(await post(path, [JSON_TYPE], long))).toBe(201);
    expect(statusOf(await post(path, ['content-type: text/csv'], 'a,b'))).toBe(201);
    expect(kept).toEqual([long, 'a,b']);
  });

  it.each([
    ['/v1/content', 'gzip, chunked'],
    ['/v1/things', 'gzip, chunked'],
    ['/v1/things', 'deflate, Chunked'],
  ])('that was compressed on the way is refused, never kept so: %s %s', async (path, coding) => {
    const fields = ['host: x', JSON_TYPE, `transfer-encoding: ${coding}`];
    const answer = await answerTo(`POST ${path}`, fields, '2\r\n{}\r\n0\r\n\r\n');
    expect(statusOf(answer)).toBe(415);
    expect(answer).toContain('"field":"header transfer-encoding"');
    expect([kept, bodies]).toEqual([[], []]);
  });

  it('may come in chunks', async () => {
    const fields = ['host: x', 'content-type: text/csv', 'transfer-encoding: Chunked'];
    expect(statusOf(await answerTo('POST /v1/content', fields, '3\r\na,b\r\n0\r\n\r\n'))).toBe(201);
    expect(kept).toEqual(['a,b']);
  });
});

it('a body of no bytes is none', async () => {
  expect(statusOf(await post('/v1/things', [JSON_TYPE], ''))).toBe(200);
  expect(bodies).toEqual([undefined]);
});

it('headers are read to the last one, however many come before it', async () => {
  const padding = Array.from({ length: 3_000 }, () => 'a:');
  expect(statusOf(await post('/v1/things', [JSON_TYPE, ...padding, 'x-tenant-id: t_other'], '{}'))).toBe(200);
  expect(headers['x-tenant-id']).toBe('t_other');
});

it.each(['GET /v1/things', 'GET /nowhere'])('without a Host is answered with a problem document: %s', async (line) => {
  const answer = await answerTo(line, []);
  expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*content-type: application\/problem\+json/);
  expect(answer).toContain('"field":"header host"');
});
