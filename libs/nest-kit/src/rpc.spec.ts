import { type AddressInfo, connect as connectPlain, createServer, type Server, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module, UseGuards } from '@nestjs/common';
import { Ctx, MessagePattern, Payload, RpcException, TcpContext } from '@nestjs/microservices';
import { pino } from 'pino';
import { type Observable, ReplaySubject } from 'rxjs';
import { RpcClient, RpcUnavailable } from './rpc-client.js';
import { callerOf, onlyServices, type RpcServer, startRpcServer } from './rpc-server.js';
import { CoalescingJsonSocket } from './rpc-socket.js';
import { TestAuthority } from './testing/index.js';
import type { TlsFiles } from './tls.js';

const logger = pino({ level: 'silent' });

/** A call as it is on the wire: length in characters, then JSON. */
const ECHO_PACKET = JSON.stringify({ pattern: 'echo', data: 'hello', id: '1' });
const ECHO = `${ECHO_PACKET.length}#${ECHO_PACKET}`;
let called: ReplaySubject<string>;
let news: ReplaySubject<string>;

@Controller()
class SpecController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern('whoami')
  whoami(@Ctx() context: TcpContext): unknown {
    return callerOf(context);
  }

  @MessagePattern('never')
  never(@Payload() data: string): Promise<never> {
    called.next(data);
    return new Promise(() => undefined);
  }

  @MessagePattern('fail')
  fail(): never {
    throw new RpcException({ code: 'policy_conflict', detail: 'no' });
  }

  @MessagePattern('guarded')
  @UseGuards(onlyServices('curator', 'runtime'))
  guarded(): string {
    return 'welcome';
  }

  @MessagePattern('watch')
  watch(@Payload() from: string): Observable<string> {
    called.next(from);
    return news;
  }
}

@Module({ controllers: [SpecController] })
class SpecModule {}

let authority: TestAuthority;
let files: Record<'runtime' | 'content' | 'curator', TlsFiles>;
let server: RpcServer | undefined;
const clients: RpcClient[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
  const [runtime, content, curator] = await Promise.all([
    authority.issue('runtime'),
    authority.issue('content', ['content', 'insights']),
    authority.issue('curator'),
  ]);
  files = { runtime, content, curator };
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server?.close();
  server = undefined;
});

async function start(port = 0): Promise<number> {
  called = new ReplaySubject<string>();
  news = new ReplaySubject<string>();
  server = await startRpcServer(SpecModule, { host: '127.0.0.1', port, tls: files.curator, logger });
  return server.port;
}

function clientFor(port: number, tls: TlsFiles, service = 'curator'): RpcClient {
  const client = new RpcClient({ host: '127.0.0.1', port, service }, tls, logger);
  clients.push(client);
  return client;
}

const next = <T>(source: Observable<T>): Promise<T> =>
  new Promise((resolve) => {
    const subscription = source.subscribe((value) => {
      setImmediate(() => subscription.unsubscribe());
      resolve(value);
    });
  });

describe('calls over mutual TLS', () => {
  it('are answered, many at once, each with its own reply', async () => {
    const client = clientFor(await start(), files.runtime);
    await client.connect();
    const questions = Array.from({ length: 200 }, (_, n) => ({ n, text: 'é'.repeat(n) }));
    expect(await Promise.all(questions.map((one) => client.call('echo', one, 60_000)))).toEqual(questions);
    expect(await client.call('echo', null, 60_000)).toBeNull();
  });

  it('show the caller by its certificate', async () => {
    const port = await start();
    expect(await clientFor(port, files.content).call('whoami', {}, 60_000)).toEqual({
      service: 'content',
      realms: ['content', 'insights'],
    });
  });

  it('are refused by a guard to services it does not name', async () => {
    const port = await start();
    await expect(clientFor(port, files.content).call('guarded', {}, 60_000)).rejects.toMatchObject({
      code: 'action_not_permitted',
    });
    expect(await clientFor(port, files.runtime).call('guarded', {}, 60_000)).toBe('welcome');
  });

  it('reject with what the other end threw', async () => {
    const client = clientFor(await start(), files.runtime);
    await expect(client.call('fail', {}, 60_000)).rejects.toEqual({ code: 'policy_conflict', detail: 'no' });
  });
});

describe('a peer that is not who it must be', () => {
  it('would get an answer if it were (control)', async () => {
    const port = await start();
    const received = await new Promise<string>((resolve) => {
      const socket = connectTls({ host: '127.0.0.1', port, ...files.runtime, checkServerIdentity: () => undefined });
      socket.on('secureConnect', () => socket.write(ECHO));
      socket.once('data', (chunk) => {
        resolve(chunk.toString('utf8'));
        socket.destroy();
      });
    });
    expect(received).toContain('hello');
  });

  it('gets nothing without a certificate', async () => {
    const port = await start();
    const received = await new Promise<string>((resolve) => {
      let bytes = '';
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ca: files.runtime.ca,
        checkServerIdentity: () => undefined,
      });
      socket.on('data', (chunk) => {
        bytes += String(chunk);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(bytes));
      socket.on('secureConnect', () => socket.write(ECHO));
    });
    expect(received).toBe('');
  });

  it('gets nothing without TLS', async () => {
    const port = await start();
    const received = await new Promise<string>((resolve) => {
      let bytes = '';
      const socket = connectPlain({ host: '127.0.0.1', port }, () => socket.write(ECHO));
      socket.on('data', (chunk) => {
        bytes += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(bytes));
    });
    expect(received).not.toContain('hello');
  });

  it('is refused with a certificate of another authority', async () => {
    const port = await start();
    const stranger = await (await TestAuthority.create()).issue('runtime');
    await expect(clientFor(port, { ...stranger, ca: files.runtime.ca }).call('echo', 1, 60_000)).rejects.toBeInstanceOf(
      RpcUnavailable,
    );
    await expect(clientFor(port, { ...files.runtime, ca: stranger.ca }).call('echo', 1, 60_000)).rejects.toBeInstanceOf(
      RpcUnavailable,
    );
  });

  it('is refused as a server when it is another service', async () => {
    const client = clientFor(await start(), files.runtime, 'smart-city');
    await expect(client.call('echo', 1, 60_000)).rejects.toMatchObject({
      name: 'RpcUnavailable',
      reason: 'connection',
    });
  });
});

describe('an answer that does not come', () => {
  it('is a timeout after the time that was given', async () => {
    const client = clientFor(await start(), files.runtime);
    await expect(client.call('never', 'x', 50)).rejects.toMatchObject({ name: 'RpcUnavailable', reason: 'timeout' });
    expect(await client.call('echo', 2, 60_000)).toBe(2);
  });

  it('is a lost connection when the other end goes away; the next call finds the new one', async () => {
    const port = await start();
    const client = clientFor(port, files.runtime);
    const call = client.request('never', 'x').catch((error: unknown) => error);
    await next(called);
    await server?.close();
    expect(await call).toMatchObject({ name: 'RpcUnavailable', reason: 'connection' });
    await expect(client.call('echo', 1, 60_000)).rejects.toMatchObject({ reason: 'connection' });
    await start(port);
    expect(await client.call('echo', 3, 60_000)).toBe(3);
  });

  it('is none of a client that was closed', async () => {
    const client = clientFor(await start(), files.runtime);
    const call = client.request('never', 'x').catch((error: unknown) => error);
    await next(called);
    client.close();
    expect(await call).toMatchObject({ reason: 'connection' });
    await expect(client.call('echo', 1, 60_000)).rejects.toMatchObject({ reason: 'connection' });
    await expect(client.connect()).rejects.toMatchObject({ reason: 'connection' });
  });
});

describe('a host that vanishes without a word', () => {
  let way: Server | undefined;
  const ends: Socket[] = [];
  /** Nothing passes any more on the connections that stand by then. */
  const vanish = (): void => {
    for (const end of ends) end.pause().removeAllListeners('data');
  };
  afterEach(() => {
    for (const end of ends.splice(0)) end.destroy();
    way?.close();
  });
  const wayTo = async (port: number | null): Promise<number> => {
    way = createServer((near) => {
      ends.push(near.on('error', () => undefined));
      if (port === null) return;
      const far = connectPlain({ host: '127.0.0.1', port }).on('error', () => undefined);
      near.on('data', (bytes) => far.write(bytes)).on('close', () => far.destroy());
      far.on('data', (bytes) => near.write(bytes)).on('close', () => near.destroy());
      ends.push(far);
    });
    await new Promise<void>((resolve) => void way?.listen(0, '127.0.0.1', resolve));
    return (way.address() as AddressInfo).port;
  };

  it('costs the calls that wait for it; the next one finds whoever is there now, and so does a watch', async () => {
    const client = clientFor(await wayTo(await start()), files.runtime);
    const stop = client.watch<string>(
      'watch',
      () => 'again',
      () => undefined,
      () => undefined,
    );
    await next(called);
    expect(await client.call('echo', 1, 10_000)).toBe(1);
    called = new ReplaySubject<string>();
    vanish();
    await expect(client.call('echo', 2, 50)).rejects.toMatchObject({ reason: 'timeout' });
    expect(await client.call('echo', 3, 10_000)).toBe(3);
    expect(await next(called)).toBe('again');
    stop();
  });

  it('is told from a slow answer: a connection on which others are answered stays', async () => {
    const client = clientFor(await start(), files.runtime);
    const other = client.request('never', 'x').catch(() => 'lost');
    await next(called);
    const slow = client.call('never', 'y', 2_000).catch((error: unknown) => error);
    expect(await client.call('echo', 1, 10_000)).toBe(1);
    expect(await slow).toMatchObject({ reason: 'timeout' });
    expect(await Promise.race([other, client.call('echo', 2, 10_000)])).toBe(2);
  });

  it('is not told from one that is busy, where a client was made for such: its other calls go on', async () => {
    const client = new RpcClient(
      { host: '127.0.0.1', port: await start(), service: 'curator' },
      files.runtime,
      logger,
      {
        keepsSilent: true,
      },
    );
    clients.push(client);
    const other = client.request('never', 'x').catch(() => 'lost');
    await next(called);
    await expect(client.call('never', 'y', 50)).rejects.toMatchObject({ reason: 'timeout' });
    expect(await Promise.race([other, client.call('echo', 2, 10_000)])).toBe(2);
  });

  it('is not tried for longer than was said', async () => {
    const client = new RpcClient(
      { host: '127.0.0.1', port: await wayTo(null), service: 'curator' },
      files.runtime,
      logger,
      { connectMsMax: 50 },
    );
    clients.push(client);
    await expect(client.call('echo', 1, 10_000)).rejects.toMatchObject({ reason: 'connection' });
  });

  it('is asked for by the kernel, where nobody calls', () => {
    let asksMs: number | undefined;
    class Listened extends Socket {
      override setKeepAlive(enable?: boolean, initialDelay?: number): this {
        if (enable === true) asksMs = initialDelay;
        return this;
      }
    }
    new CoalescingJsonSocket(new Listened());
    expect(asksMs).toBeLessThanOrEqual(15_000);
  });
});

describe('a watch', () => {
  it('gets what comes, asks again after a loss with what it then knows, and ends when told', async () => {
    const port = await start();
    const client = clientFor(port, files.runtime);
    const got = new ReplaySubject<string>();
    const lost = new ReplaySubject<number>();
    let seen = 0;
    const stop = client.watch<string>(
      'watch',
      () => `from ${seen}`,
      (message) => {
        seen += 1;
        got.next(message);
      },
      () => lost.next(seen),
    );
    expect(await next(called)).toBe('from 0');
    news.next('a');
    expect(await next(got)).toBe('a');
    await server?.close();
    expect(await next(lost)).toBe(1);
    await start(port);
    expect(await next(called)).toBe('from 1');
    const more = new Promise<void>((resolve) => {
      got.subscribe((message) => {
        if (message === 'b') resolve();
      });
    });
    news.next('b');
    await more;
    stop();
    const after = seen;
    news.next('c');
    await client.call('echo', 0, 60_000);
    expect(seen).toBe(after);
  });
});
