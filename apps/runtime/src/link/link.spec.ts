import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { type FailureError, failure, problemOf, type Replica } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import { clientTlsOptions, serverTlsOptions, systemScheduler } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { LogWriter } from '@intendant/partition';
import { type IndexedWal, MemoryWal, partitionOf, refusalsOf } from '@intendant/wal';
import { SAMPLE_IDS, sampleAttribution, sampleDraft } from '@intendant/wal/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Ownership } from '../ownership/ownership.js';
import { MISDIRECTED } from './exchange.js';
import { ForwardedRequests } from './forwarded-requests.js';
import { Forwarder } from './forwarder.js';
import { Holders } from './holders.js';
import type { LateMessage } from './link-messages.js';
import { addLinkRoutes } from './link-routes.js';
import { linkAgent, ReplicaLink } from './replica-link.js';

const PARTITIONS = 4;
const STREAM = refusalsOf('acme');
const HOME = partitionOf(STREAM, PARTITIONS);
const attribution = sampleAttribution(null);
const draft = sampleDraft('refusal.counted');
const nowhere: Replica = { replicaId: 'gone', linkUrl: 'https://127.0.0.1:1' };

let authority: TestAuthority;
let holder: FastifyInstance;
let holderReplica: Replica;
let log: LogWriter;
const late: LateMessage[] = [];
const served: { readonly method: string | undefined; readonly url: string | undefined; readonly body: string }[] = [];

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  served.push({ method: request.method, url: request.url, body: Buffer.concat(chunks).toString() });
  response.writeHead(202, { 'content-type': 'application/json', 'x-from': 'the holder' }).end('{"ok":true}');
}

beforeAll(async () => {
  authority = await TestAuthority.create();
  log = new LogWriter(new MemoryWal(PARTITIONS), new ManualTime());
  await log.claimAll();
  holder = fastify({ https: serverTlsOptions(await authority.issue('runtime')) }) as unknown as FastifyInstance;
  holder.removeAllContentTypeParsers();
  holder.addContentTypeParser('*', (_request, _payload, done) => done(null));
  holder.setErrorHandler((error, _request, reply) => {
    const problem = problemOf((error as FailureError).failure);
    void reply.status(problem.status).send(problem);
  });
  const recordLate = async (message: LateMessage): Promise<void> => void late.push(message);
  addLinkRoutes(holder, { log, recordLate, serve: (request, response) => void serve(request, response) });
  await holder.listen({ host: '127.0.0.1', port: 0 });
  const { port } = holder.server.address() as AddressInfo;
  holderReplica = { replicaId: 'holder', linkUrl: `https://127.0.0.1:${port}` };
});
afterAll(() => holder.close());

const ownershipOf = (ownerOf: () => Replica | null, unready: () => string | null = () => null): Ownership => ({
  start: () => undefined,
  ownerOf,
  mine: () => false,
  lost: () => undefined,
  clockOffsetMs: null,
  othersReady: () => false,
  unready,
  drain: async () => undefined,
  stop: () => undefined,
});

/** Who holds the partitions, in this order of asking; the last one for ever. */
function holdersSaying(...owners: readonly (Replica | null)[]): Holders {
  const holders = new Holders('here', { nowMs: () => Date.now() }, systemScheduler);
  const left = [...owners];
  holders.heed(ownershipOf(() => (left.length > 1 ? (left.shift() as Replica | null) : (left[0] as Replica | null))));
  return holders;
}

const wal = {
  describe: () => ({ partitionCount: PARTITIONS }),
  catchUp: async () => undefined,
} as unknown as IndexedWal;
const linkAs = async (service: string, ...owners: readonly (Replica | null)[]): Promise<ReplicaLink> =>
  new ReplicaLink(linkAgent(await authority.issue(service)), holdersSaying(...owners), wal);

describe('what replicas tell one another', () => {
  it('an append is made by the holder, and its entry comes back checked', async () => {
    const link = await linkAs('runtime', holderReplica);
    const entry = await link.append(STREAM, attribution, [draft, draft], null);
    expect(entry).toMatchObject({ streamId: STREAM, firstSeq: 1, recordCount: 2 });
    expect((await log.wal.readStream(STREAM))[0]?.hash).toEqual(entry?.hash);
  });

  it('an append behind a place is refused when the stream went on', async () => {
    const link = await linkAs('runtime', holderReplica);
    const { nextSeq } = await log.wal.streamHead(STREAM);
    expect(await link.append(STREAM, attribution, [draft], nextSeq - 1)).toBeNull();
    expect((await log.wal.streamHead(STREAM)).nextSeq).toBe(nextSeq);
    expect((await link.append(STREAM, attribution, [draft], nextSeq))?.firstSeq).toBe(nextSeq);
  });

  it('a holder that gave the partition up appends nothing', async () => {
    const link = await linkAs('runtime', holderReplica);
    const before = await log.wal.streamHead(STREAM);
    log.giveUp(HOME);
    expect(await link.append(STREAM, attribution, [draft], null)).toBeNull();
    expect(await log.wal.streamHead(STREAM)).toEqual(before);
    await log.claim(HOME);
  });

  it('a late outcome reaches the holder', async () => {
    const link = await linkAs('runtime', holderReplica);
    const message = {
      executionId: SAMPLE_IDS.executionId,
      stepId: 'main',
      callToken: { epoch: 3, n: 7 },
      outcome: 'succeeded',
    };
    await link.late(message);
    expect(late.at(-1)).toEqual(message);
  });

  it.each(['content', 'smart-city'])(
    'only the Runtime’s certificate opens these paths, not that of %s',
    async (service) => {
      const link = await linkAs(service, holderReplica);
      const [servedBefore, lateBefore] = [served.length, late.length];
      await expect(link.append(STREAM, attribution, [draft], null)).rejects.toThrow('unauthenticated');
      await expect(
        link.late({ executionId: 'x', stepId: 'main', callToken: { epoch: 1, n: 1 }, outcome: 'x' }),
      ).rejects.toThrow('unauthenticated');
      expect([served.length, late.length]).toEqual([servedBefore, lateBefore]);
    },
  );

  it('is not heard on a connection that carries requests of clients: what came along in one would be its word', async () => {
    const before = late.length;
    const body = JSON.stringify({ executionId: 'x', stepId: 'main', callToken: { epoch: 1, n: 1 }, outcome: 'x' });
    const { port } = holder.server.address() as AddressInfo;
    const tls = clientTlsOptions(await authority.issue('runtime'), 'runtime');
    const socket = connectSecurely({ host: '127.0.0.1', port, ...tls });
    socket.on('error', () => undefined).resume();
    const message = `POST /link/late HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.write(`GET /v1/executions/exe_1 HTTP/1.1\r\nhost: x\r\n\r\n${message}`);
    await once(socket, 'close');
    expect(late.length).toBe(before);
  });
});

describe('a request that is handed over', () => {
  let front: Server;
  let url: string;
  let forward: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

  beforeAll(async () => {
    front = createServer((request, response) => {
      forward(request, response).then(
        (answered) => (answered ? undefined : response.writeHead(200).end('here')),
        (error: Error) => response.writeHead(503).end(error.message),
      );
    });
    await new Promise<void>((resolve) => void front.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => front.close(resolve)));

  const forwardTo = async (...owners: readonly (Replica | null)[]): Promise<void> => {
    const forwarder = new Forwarder(
      linkAgent(await authority.issue('runtime')),
      holdersSaying(...owners),
      { nowMs: () => Date.now() },
      systemScheduler,
    );
    forward = (request, response) => {
      const reply = { raw: response, sent: false, hijack: () => undefined } as unknown as FastifyReply;
      return forwarder.forward(HOME, request, reply);
    };
  };
  const post = async () => {
    const answer = await fetch(`${url}/v1/intents?x=1`, { method: 'POST', body: '{"a":1}' });
    return { status: answer.status, from: answer.headers.get('x-from'), body: await answer.text() };
  };

  it('arrives whole, and its answer comes back', async () => {
    await forwardTo(holderReplica);
    expect(await post()).toEqual({ status: 202, from: 'the holder', body: '{"ok":true}' });
    expect(served.at(-1)).toEqual({ method: 'POST', url: '/v1/intents?x=1', body: '{"a":1}' });
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('with a body that %s does not have arrives as one', async (method) => {
    await forwardTo(holderReplica);
    const before = served.length;
    for (const headers of [{}, { 'content-length': '2' }]) {
      const asked = httpRequest(`${url}/v1/executions/exe_1`, { method, headers });
      // in chunks, where no length is given
      if (Object.keys(headers).length === 0) asked.setHeader('transfer-encoding', 'chunked');
      asked.end('{}');
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      expect(answer.resume().statusCode).toBe(202);
    }
    expect(served.slice(before).map(({ body }) => body)).toEqual(['{}', '{}']);
  });

  it('goes to the holder although many others wait there', async () => {
    const busy = createSecureServer(serverTlsOptions(await authority.issue('runtime')), (request, response) => {
      if (request.url === '/v1/executions/exe_1') response.end('the holder');
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1000\n\n');
    });
    await new Promise<void>((resolve) => void busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as AddressInfo;
    await forwardTo({ replicaId: 'busy', linkUrl: `https://127.0.0.1:${port}` });
    const streams = await Promise.all(Array.from({ length: 260 }, () => fetch(`${url}/v1/executions/exe_2/events`)));
    expect(await (await fetch(`${url}/v1/executions/exe_1`)).text()).toBe('the holder');
    for (const stream of streams) await stream.body?.cancel();
    busy.closeAllConnections();
    await new Promise((resolve) => busy.close(resolve));
  });

  it('goes to the next holder when the first cannot be reached, once', async () => {
    await forwardTo(nowhere, nowhere, null, holderReplica);
    const before = served.length;
    expect((await post()).status).toBe(202);
    expect(served.length).toBe(before + 1);
  });

  it('goes to a holder that gave the partition away and took it again', async () => {
    let asked = 0;
    const wavering = createSecureServer(serverTlsOptions(await authority.issue('runtime')), (request, response) => {
      asked += 1;
      request.resume().on('end', () => response.writeHead(asked < 3 ? MISDIRECTED : 200).end('served'));
    });
    await new Promise<void>((resolve) => void wavering.listen(0, '127.0.0.1', resolve));
    const { port } = wavering.address() as AddressInfo;
    await forwardTo({ replicaId: 'wavering', linkUrl: `https://127.0.0.1:${port}` });
    const answer = await fetch(`${url}/v1/executions/exe_1`);
    expect([answer.status, await answer.text(), asked]).toEqual([200, 'served', 3]);
    await new Promise((resolve) => wavering.close(resolve));
  });

  it('to a replica that serves nothing yet is asked for again, not answered with less than a problem', async () => {
    const starting = new ForwardedRequests();
    const server = createSecureServer(serverTlsOptions(await authority.issue('runtime')), (request, response) =>
      starting.serve(request, response),
    );
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const restarted: Replica = { replicaId: 'restarted', linkUrl: `https://127.0.0.1:${port}` };
    await forwardTo(restarted);
    expect(await post()).toMatchObject({ status: 503, body: expect.stringContaining('partition_unavailable') });
    const asked = fetch(`${url}/v1/executions/exe_1`);
    starting.servedBy((_request, response) => void response.end('served'));
    expect(await (await asked).text()).toBe('served');
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['a read', { method: 'GET' }, 'the holder'],
    ['what has no body', { method: 'POST' }, 'the holder'],
    ['a body that is gone', { method: 'POST', body: '{}' }, null],
  ])('to a holder that gave the partition away: %s', async (_what, init, from) => {
    const deposed = createSecureServer(serverTlsOptions(await authority.issue('runtime')), (request, response) => {
      request.resume().on('end', () => response.writeHead(MISDIRECTED).end());
    });
    await new Promise<void>((resolve) => void deposed.listen(0, '127.0.0.1', resolve));
    const { port } = deposed.address() as AddressInfo;
    const former: Replica = { replicaId: 'deposed', linkUrl: `https://127.0.0.1:${port}` };
    await forwardTo(former, former, former, null, holderReplica);
    const answer = await fetch(`${url}/v1/executions/exe_1/validate`, init);
    expect([answer.status, answer.headers.get('x-from')]).toEqual([from === null ? 503 : 202, from]);
    if (from === null) expect(await answer.text()).toContain('partition_unavailable');
    await new Promise((resolve) => deposed.close(resolve));
  });

  it('to somebody who is no replica of the Runtime is not sent', async () => {
    const stranger = createServer();
    await new Promise<void>((resolve) => void stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    await forwardTo({ replicaId: 'stranger', linkUrl: `https://127.0.0.1:${port}` }, holderReplica);
    expect((await post()).from).toBe('the holder');
    await new Promise((resolve) => stranger.close(resolve));
  });
});

describe('who holds a partition', () => {
  it('is waited for, and for no longer than eight seconds', async () => {
    const time = new ManualTime();
    const holders = new Holders('here', time, time);
    const unready = { reason: null as string | null };
    holders.heed(
      ownershipOf(
        () => null,
        () => unready.reason,
      ),
    );
    const asked = holders.holderOf(0).then(
      () => 'somebody',
      (error: Error) => error.message,
    );
    await time.pass(7_900);
    expect(await Promise.race([asked, Promise.resolve('still waiting')])).toBe('still waiting');
    await time.pass(200);
    expect(await asked).toContain('partition_unavailable: no replica holds partition 0');
    unready.reason = 'no partition assignment yet';
    const outside = holders.holderOf(0).then(
      () => 'somebody',
      (error: Error) => error.message,
    );
    await time.pass(1_100);
    expect(await outside).toContain('partition_unavailable');
  });

  it('is not waited for any longer once the log takes nothing new', async () => {
    const time = new ManualTime();
    const holders = new Holders('here', time, time);
    holders.heed(ownershipOf(() => null));
    let reason: string | null = null;
    const refusal = () => (reason === null ? null : failure('wal_unavailable', reason));
    const asked = holders.holderOf(0, { refusal }).then(
      () => 'somebody',
      (error: Error) => error.message,
    );
    await time.pass(1_000);
    expect(await Promise.race([asked, Promise.resolve('still waiting')])).toBe('still waiting');
    reason = 'appendfsync is no, must be always';
    await time.pass(100);
    expect(await asked).toBe('wal_unavailable: appendfsync is no, must be always');
  });

  it('that does not verify here is said at once to be corrupt, unless another replica holds it, or may be named', async () => {
    const time = new ManualTime();
    const holders = new Holders('here', time, time);
    let owner: Replica | null = { replicaId: 'here', linkUrl: 'https://here' };
    holders.heed(ownershipOf(() => owner));
    holders.halted(0, 'it ends at 17-0');
    const corrupt = { failure: { code: 'log_corrupt', detail: 'it ends at 17-0' } };
    await expect(holders.holderOf(0)).rejects.toMatchObject(corrupt);
    owner = null;
    const asked = holders.holderOf(0);
    await time.pass(7_900);
    expect(await Promise.race([asked.catch(() => 'refused'), Promise.resolve('still waiting')])).toBe('still waiting');
    await time.pass(200);
    await expect(asked).rejects.toMatchObject(corrupt);
    const told = holders.holderOf(0);
    owner = holderReplica;
    await time.pass(100);
    expect(await told).toBe(holderReplica);
    expect(await holders.holderOf(0)).toBe(holderReplica);
    // nobody is left to ask when that one was
    await expect(holders.holderOf(0, { not: holderReplica })).rejects.toMatchObject(corrupt);
  });

  it('is known once any is held, here or elsewhere; being named for one is not holding it', () => {
    const holders = new Holders('here', { nowMs: () => 0 }, systemScheduler);
    let owner: Replica | null = null;
    let isHere = false;
    expect(holders.anyKnown(PARTITIONS)).toBe(false);
    holders.heed({ ...ownershipOf(() => owner), mine: () => isHere });
    expect(holders.anyKnown(PARTITIONS)).toBe(false);
    owner = { replicaId: 'here', linkUrl: 'https://here' };
    expect(holders.anyKnown(PARTITIONS)).toBe(false);
    isHere = true;
    expect(holders.anyKnown(PARTITIONS)).toBe(true);
    [isHere, owner] = [false, holderReplica];
    expect(holders.anyKnown(PARTITIONS)).toBe(true);
  });
});
