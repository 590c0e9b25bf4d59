import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ManualTime } from '@intendant/kernel/testing';
import { LogWriter } from '@intendant/partition';
import { MemoryWal, type RecordDraft } from '@intendant/wal';
import { SAMPLE_IDS, sampleAttribution, sampleDraft } from '@intendant/wal/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { Holders } from '../link/holders.js';
import { Drain } from '../platform/drain.js';
import { streamEvents } from './event-stream.js';

const { executionId } = SAMPLE_IDS;
let server: FastifyInstance;
let log: LogWriter;
let drain: Drain;
let holders: Holders;
let connections: Set<Socket>;

async function serve({ heartbeatMs = 15_000, unreadMsMax = 10_000 } = {}): Promise<number> {
  log = new LogWriter(new MemoryWal(1), new ManualTime());
  await log.claimAll();
  drain = new Drain();
  holders = new Holders('here', new ManualTime(), new ManualTime());
  server = fastify();
  connections = new Set();
  server.server.on('connection', (socket) => connections.add(socket));
  server.get('/events', (request, reply) =>
    streamEvents({ log, drain, holders }, executionId, Number(request.headers['last-event-id'] ?? 0), reply, {
      heartbeatMs,
      unreadMsMax,
    }),
  );
  await server.listen({ host: '127.0.0.1', port: 0 });
  return (server.server.address() as AddressInfo).port;
}
afterEach(() => server.close());

const append = (...drafts: RecordDraft[]) => log.append(executionId, sampleAttribution(), drafts);
const received = sampleDraft('intent.received');
const stuck = sampleDraft('execution.stuck');
const changedTo = (value: string): RecordDraft =>
  ({ ...sampleDraft('state.changed'), data: { key: 'k', scope: 'execution', value } }) as RecordDraft;
/** The server's end of the one connection. */
const connection = (): Socket => [...connections][0] as Socket;

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
    const response = await open(await serve({ heartbeatMs: 20 }));
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

  it('goes on after one large record for a client that reads slowly', async () => {
    const response = await open(await serve());
    response.pause();
    await append(changedTo('x'.repeat(3_900_000)));
    await append(sampleDraft('execution.completed'));
    let all = '';
    for await (const chunk of response) {
      all += chunk as string;
      await new Promise(setImmediate);
    }
    expect(response.complete).toBe(true);
    expect(all.length).toBeGreaterThan(3_900_000);
    expect(all.slice(-2_000)).toContain('event: execution.completed');
  });

  it('reads the log again for a client that is far behind, without a gap', async () => {
    const response = await open(await serve());
    response.pause();
    for (let count = 0; count < 3; count += 1) await append(changedTo('x'.repeat(3_900_000)));
    for (let count = 0; count < 57; count += 1) await append(received);
    await append(sampleDraft('execution.completed'));
    const all = await readUntil(response, /never/);
    expect(all.match(/^id: \d+$/gm)).toEqual(Array.from({ length: 61 }, (_, index) => `id: ${index + 1}`));
  });

  it('cuts off a client that does not read, which is no clean end', async () => {
    const response = await open(await serve({ unreadMsMax: 50 }));
    const closed = once(connection(), 'close');
    response.pause();
    for (let count = 0; count < 10; count += 1) await append(changedTo('x'.repeat(3_900_000)));
    await closed;
    await expect(readUntil(response, /never/)).rejects.toThrow('aborted');
    expect(response.complete).toBe(false);
  });

  it('breaks off in the midst of a record when the process drains, rather than ending in it', async () => {
    const response = await open(await serve());
    response.pause();
    for (let count = 0; count < 5; count += 1) await append(changedTo('x'.repeat(3_900_000)));
    drain.begin();
    await expect(readUntil(response, /never/)).rejects.toThrow('aborted');
  });

  it('ends when its partition goes to another replica, so that the client follows it there', async () => {
    const port = await serve();
    const response = await open(port);
    await append(received);
    await readUntil(response, /intent.received/);
    log.giveUp(0);
    holders.gone(0);
    expect(await readUntil(response, /never/)).toBe('');
    expect(response.complete).toBe(true);
    // nor does one stay that comes too late
    const late = await open(port);
    await readUntil(late, /never/);
    expect(late.complete).toBe(true);
  });

  it('ends when the process drains, so that the client goes to another', async () => {
    const response = await open(await serve());
    await append(received);
    await readUntil(response, /intent.received/);
    drain.begin();
    expect(await readUntil(response, /never/)).toBe('');
  });
});
