import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createSocketServer,
  type Socket,
  type Server as SocketServer,
} from 'node:net';
import { type Failure, failure, type Replica } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import { serverTlsOptions } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import type { Ownership } from '../ownership/ownership.js';
import { Forwarder } from './forwarder.js';
import { Holders } from './holders.js';
import { linkAgent } from './replica-link.js';

const PARTITION = 0;
const SELF: Replica = { replicaId: 'here', linkUrl: 'https://127.0.0.1:1' };

/** Everything that a replica may do that says nothing any more, and one that answers. */
type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;
const frozen: Behaviour = () => undefined;
const answers: Behaviour = (request, response) => void request.resume().on('end', () => response.end('the new holder'));
const frozenAmidEvents: Behaviour = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\n\n');
const frozenAmidAnswer: Behaviour = (_request, response) => void response.writeHead(200).write('{"half":');

describe('a holder that is frozen', () => {
  let authority: TestAuthority;
  let time: ManualTime;
  let owner: Replica | null;
  let refusal: Failure | null;
  let isHere: boolean;
  let front: Server;
  let url: string;
  let asked: number;
  let answered: Promise<unknown>;
  const servers: SocketServer[] = [];
  const sockets = new Set<Socket>();

  const listen = async (server: SocketServer): Promise<string> => {
    servers.push(server);
    server.on('connection', (socket: Socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const replica = async (replicaId: string, behave: Behaviour): Promise<Replica> => {
    const server = createHttpsServer(serverTlsOptions(await authority.issue('runtime')), (request, response) => {
      asked += 1;
      behave(request, response);
    });
    return { replicaId, linkUrl: await listen(server as unknown as SocketServer) };
  };
  /** Its kernel takes connections, the process says nothing at all. */
  const deaf = async (): Promise<Replica> => {
    const server = createSocketServer(() => {
      asked += 1;
    });
    return { replicaId: 'deaf', linkUrl: await listen(server) };
  };
  /** What goes over sockets comes in a few turns of the event loop; on a busy machine in a few more. */
  const socketsHadTheirTurn = async (isOver: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 50 && !isOver(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  /** Time passes until this holds, and never faster than the sockets. */
  const until = async (holds: () => boolean, stepMs = 0): Promise<void> => {
    while (!holds()) {
      await socketsHadTheirTurn(holds);
      if (stepMs > 0 && !holds()) await time.pass(stepMs);
    }
  };
  /** How the request is answered, and how long that takes. */
  const outcome = async (): Promise<{ readonly said: unknown; readonly tookMs: number }> => {
    const sinceMs = time.nowMs();
    let said: unknown;
    answered.then(
      (text) => {
        said = text;
      },
      (error: Error) => {
        said = error.message;
      },
    );
    await until(() => said !== undefined, 250);
    return { said, tookMs: time.nowMs() - sinceMs };
  };
  const ask = async (method: string, headers: Record<string, string> = {}): Promise<void> => {
    const init = method === 'GET' ? { headers } : { method, headers, body: '{}' };
    answered = fetch(`${url}/v1/intents`, init).then((answer) => answer.text());
    await until(() => asked > 0);
  };
  const KEYED = { 'idempotency-key': 'once' };

  beforeAll(async () => {
    authority = await TestAuthority.create();
  });
  beforeEach(async () => {
    time = new ManualTime();
    [asked, isHere, owner, refusal] = [0, false, null, null];
    const holders = new Holders(SELF.replicaId, time, time);
    holders.heed({ ownerOf: () => owner, mine: () => isHere, unready: () => null } as unknown as Ownership);
    const forwarder = new Forwarder(linkAgent(await authority.issue('runtime')), holders, time, time, () => refusal);
    const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const reply = { raw: response, hijack: () => undefined } as unknown as FastifyReply;
      const waitMs = Number(request.headers['x-wait-ms'] ?? 0);
      const isKeyed = request.headers['idempotency-key'] !== undefined;
      const submission = request.method === 'POST' ? { body: Buffer.from('{}'), isKeyed, waitMs } : undefined;
      if (!(await forwarder.forward(PARTITION, request, reply, submission))) response.end('here');
    };
    front = createHttpServer((request, response) => {
      forward(request, response).catch((error: Error) => response.writeHead(503).end(error.message));
    });
    url = (await listen(front as unknown as SocketServer)).replace('https', 'http');
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });

  it('is waited for no longer once another replica holds its partition: a key goes there', async () => {
    owner = await replica('frozen', frozen);
    await ask('POST', KEYED);
    owner = await replica('new', answers);
    const { said, tookMs } = await outcome();
    expect(said).toBe('the new holder');
    expect(tookMs).toBeLessThan(2_000);
  });

  it('is waited for no longer once this replica holds its partition', async () => {
    owner = await replica('frozen', frozen);
    await ask('POST', KEYED);
    isHere = true;
    const { said, tookMs } = await outcome();
    expect(said).toBe('here');
    expect(tookMs).toBeLessThan(2_000);
  });

  it('is not asked for anything new while the log takes none; what is recorded can be read', async () => {
    owner = await replica('frozen', frozen);
    refusal = failure('wal_unavailable', 'appendfsync is no, must be always');
    answered = fetch(`${url}/v1/intents`, { method: 'POST', headers: KEYED, body: '{}' }).then((answer) =>
      answer.text(),
    );
    const { said, tookMs } = await outcome();
    expect([said, asked]).toEqual([expect.stringContaining('appendfsync is no'), 0]);
    expect(tookMs).toBeLessThan(1_000);
    owner = await replica('new', answers);
    await ask('GET');
    expect((await outcome()).said).toBe('the new holder');
  });

  it('may have done what has no key: the client is told, and nobody else is asked', async () => {
    owner = await replica('frozen', frozen);
    await ask('POST');
    owner = await replica('new', answers);
    const { said, tookMs } = await outcome();
    expect([said, asked]).toEqual([expect.stringContaining('outcome_unknown'), 1]);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('was asked under a key: that stays unknown when the new holder cannot be reached either', async () => {
    owner = await replica('frozen', frozen);
    await ask('POST', KEYED);
    owner = { replicaId: 'gone', linkUrl: 'https://127.0.0.1:1' };
    expect((await outcome()).said).toContain('outcome_unknown');
  });

  it.each([
    ['a submission', 'POST', KEYED, 'outcome_unknown', 15_000],
    ['a submission that waits', 'POST', { ...KEYED, 'x-wait-ms': '60000' }, 'outcome_unknown', 75_000],
    ['a read', 'GET', {}, 'partition_unavailable', 15_000],
  ])('and still named the holder keeps %s for a bounded time', async (_what, method, headers, said, boundMs) => {
    owner = await replica('frozen', frozen);
    await ask(method, headers);
    const ended = await outcome();
    expect(ended.said).toContain(said);
    expect(ended.tookMs).toBeGreaterThanOrEqual(boundMs);
    expect(ended.tookMs).toBeLessThan(boundMs + 2_000);
  });

  it('and never shook hands has heard nothing: whatever was asked goes to the next', async () => {
    owner = await deaf();
    await ask('POST');
    const next = await replica('new', answers);
    const gaveUp = outcome();
    time.after(6_000, () => {
      owner = next;
    });
    const { said, tookMs } = await gaveUp;
    expect(said).toBe('the new holder');
    expect(tookMs).toBeLessThan(8_000);
  });

  it('and never shook hands is given up within eight seconds when nobody takes over', async () => {
    owner = await deaf();
    await ask('POST');
    const { said, tookMs } = await outcome();
    expect(said).toContain('partition_unavailable');
    expect(tookMs).toBeLessThan(10_000);
  });

  it('amid events ends their stream in order when its partition moves', async () => {
    owner = await replica('frozen', frozenAmidEvents);
    await ask('GET');
    owner = await replica('new', answers);
    const { said, tookMs } = await outcome();
    expect(said).toBe('id: 1\n\n');
    expect(tookMs).toBeLessThan(2_000);
  });

  it('amid an answer does not make the half of it look whole', async () => {
    owner = await replica('frozen', frozenAmidAnswer);
    await ask('GET');
    const { said, tookMs } = await outcome();
    expect(said).toBe('terminated');
    expect(tookMs).toBeGreaterThanOrEqual(45_000);
  });
});
