import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { Problem } from '@intendant/intent-model';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { answerUnmetExpectations, frameworkProblems } from './framework-problems.js';

let server: FastifyInstance;

beforeEach(async () => {
  server = fastify({
    ...frameworkProblems,
    routerOptions: { maxParamLength: 256 },
    http: { headersTimeout: 50, connectionsCheckingInterval: 20 },
  });
  server.get('/things/:id', () => 'a thing');
  server.post('/things', ({ body }) => ({ taken: body }));
  answerUnmetExpectations(server.server);
  await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close());

/** Sends bytes as they are and resolves with the whole answer, once the server has closed the connection. */
async function answerTo(bytes: string): Promise<{ head: string; problem: Problem }> {
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  socket.write(bytes);
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { head, problem: Problem.parse(JSON.parse(body)) };
}
const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`;

describe('a request that no route gets to see', () => {
  it.each([
    ['a path that is no percent-encoding', get('/things/%E0%A4%A'), 'path'],
    ['a parameter that is too long', get(`/things/${'x'.repeat(300)}`), 'path'],
    ['headers that are too large', get('/things/1', `a: ${'x'.repeat(20_000)}\r\n`), 'header'],
    ['a path that is too long', get(`/${'x'.repeat(20_000)}`), 'header'],
    ['an expectation that nobody knows', get('/things/1', 'expect: tea\r\n'), 'header expect'],
    ['something that is not HTTP', 'hello\r\n\r\n', undefined],
    ['headers that do not come to their end', 'GET / HTTP/1.1\r\nhost: x\r\n', undefined],
  ])('%s: a problem document', async (_what, bytes, field) => {
    const { head, problem } = await answerTo(bytes);
    expect(head).toMatch(/^HTTP\/1.1 400 [\s\S]*content-type: application\/problem\+json/);
    expect([problem.code, problem.status, problem.field]).toEqual(['invalid_request', 400, field]);
  });
});

it('a client that asks before it sends its body is told to go on', async () => {
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  const head =
    'host: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue';
  socket.write(`POST /things HTTP/1.1\r\n${head}\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk) => {
    if (text === '') socket.write('{}');
    text += String(chunk);
  });
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 [\s\S]*{"taken":{}}$/);
});
