import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandAt } from './command-at.js';
import { freePort, type ServerProcess, startProgram } from './server-process.js';

const READY_WITHIN_MS = 120_000;
const TRY_EVERY_MS = 20;

export interface StartRedisOptions {
  /** Holds the append-only file; without it a folder that is removed by `stop`. */
  readonly directory?: string;
  readonly port?: number;
  /** Port of the master to follow. */
  readonly replicaOf?: number;
  /** Settings beside those that the log needs, by their names in redis.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A real server on the loopback interface, set as the log needs it. */
export interface RunningRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it in good order and removes what it made. */
  stop(): Promise<void>;
  /** Ends it as `kill -9` does; its files stay. */
  kill(): Promise<void>;
  /** Starts it again on its port and files after `kill`. */
  restart(): Promise<void>;
  /** Stops and continues the process without ending it. */
  freeze(): void;
  thaw(): void;
  /** One command by a client of its own. */
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
}

/** Starts `redis-server` and waits until it answers. */
export async function startRedis(options: StartRedisOptions = {}): Promise<RunningRedis> {
  const port = options.port ?? (await freePort());
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'intendant-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  const args = argumentsFor({ ...options, port, directory });
  const start = async () => {
    const started = await startProgram('redis-server', args);
    await untilReady(url, started);
    return started;
  };
  let server = await start();
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    kill: () => server.end('SIGKILL'),
    restart: async () => {
      await server.end('SIGTERM');
      server = await start();
    },
    stop: async () => {
      await server.end('SIGTERM');
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    command: (name, ...rest) => commandAt(url, name, rest),
  };
}

function argumentsFor({ port, directory, replicaOf, settings }: StartRedisOptions): string[] {
  const all: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory as string,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    loglevel: 'warning',
    'repl-diskless-sync-delay': '0',
    ...(replicaOf !== undefined && { replicaof: `127.0.0.1 ${replicaOf}` }),
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => [`--${name}`, ...(value === '' ? [''] : value.split(' '))]);
}

async function untilReady(url: string, server: ServerProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    // a server that requires a login answers too
    const answer = await commandAt(url, 'PING', []).catch((error: Error) => error.message);
    if (answer === 'PONG' || String(answer).startsWith('NOAUTH')) return;
    await delay(TRY_EVERY_MS);
  }
  await server.end('SIGKILL');
  throw new Error(`redis-server at ${url} was not ready within ${READY_WITHIN_MS} ms: ${server.said()}`);
}
