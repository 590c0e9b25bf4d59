import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { ManualTime } from '@intendant/kernel/testing';
import { LogWriter } from '@intendant/partition';
import { MemoryWal, type RecordDraft } from '@intendant/wal';
import { SAMPLE_IDS, sampleAttribution, sampleDraft } from '@intendant/wal/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { Drain } from '../platform/drain.js';
import { streamEvents } from './event-stream.js';

const { executionId } = SAMPLE_IDS;
let server: FastifyInstance;
let log: LogWriter;
let drain: Drain;

async function serve(heartbeatMs?: number): Promise<number> {
  log = new LogWriter(new MemoryWal(1), new ManualTime());
  await log.claimAll();
  drain = new Drain();
  server = fastify();
  server.get('/events', (request, reply) =>
    streamEvents(
      log,
      drain,
      executionId,
      Number(request.headers['last-event-id'] ?? 0),
      request as never,
      reply,
      heartbeatMs,
    ),
  );
  await server.listen({ host: '127.0.0.1', port: 0 });
  return (server.server.address() as AddressInfo).port;
}
afterEach(() => server.close());

const append = (...drafts: RecordDraft[]) => log.append(executionId, sampleAttribution(), drafts);
const received = sampleDraft('intent.received');
const stuck = sampleDraft('execution.stuck');

async function open(port: number): Promise<IncomingMessage> {
  const request = httpRequest({ host: '127.0.0.1', port, path: '/events' });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  return response;
}

/** Everything up to the first text that matches. */
async function readUntil(response: IncomingMessage, text: RegExp): Promise<string> {
  let all = '';
  for await (const chunk of response.iterator({ destroyOnReturn: false })) {
    all += chunk as string;
    if (text.test(all)) return all;
  }
  return all;
}

describe('the stream of events', () => {
  it('says that it is alive while nothing happens', async () => {
    const response = await open(await serve(20));
    expect(await readUntil(response, /(: heartbeat\n\n.*){2}/s)).toContain(': heartbeat');
    response.destroy();
  });

  it('ends with the end of the execution', async () => {
    const response = await open(await serve());
    await append(received);
    await append(sampleDraft('execution.completed'));
    expect(await readUntil(response, /never/)).toMatch(
      /id: 1\nevent: intent.received[\s\S]*id: 2\nevent: execution.completed/,
    );
  });

  it('goes on where a stuck execution was taken up again, also for who comes later', async () => {
    const port = await serve();
    await append(received, stuck);
    expect(await readUntil(await open(port), /never/)).toContain('execution.stuck');
    await append(sampleDraft('execution.resumed'));
    const response = await open(port);
    expect(await readUntil(response, /execution.resumed/)).toContain('id: 3');
    await append(sampleDraft('execution.completed'));
    expect(await readUntil(response, /never/)).toContain('execution.completed');
  });

  it('cuts off a client that does not read, and keeps a bounded amount for it', async () => {
    const port = await serve();
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /events HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    const big = { ...sampleDraft('state.changed'), data: { key: 'k', scope: 'execution', value: 'x'.repeat(500_000) } };
    let cut = false;
    server.server.once('request', () => undefined);
    socket.once('close', () => {
      cut = true;
    });
    for (let count = 0; count < 40; count += 1) await append(big as RecordDraft);
    socket.resume();
    await once(socket, 'close');
    expect(cut).toBe(true);
    expect(socket.bytesRead).toBeLessThan(40 * 500_000);
  });

  it('ends when the process drains, so that the client goes to another', async () => {
    const response = await open(await serve());
    await append(received);
    await readUntil(response, /intent.received/);
    drain.begin();
    expect(await readUntil(response, /never/)).toBe('');
  });
});
