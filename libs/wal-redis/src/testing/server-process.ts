import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const ASK_AGAIN_MS = 200;

/** Whether this machine has the programs of Redis 7 and its sentinel. */
export function redisInstalled(): boolean {
  return ['redis-server', 'redis-sentinel'].every((program) => spawnSync(program, ['--version']).status === 0);
}

/** A port of the loopback interface that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A server of ours, with what it said last. */
export interface ServerProcess {
  readonly pid: number;
  /** Everything on stdout and stderr, the last 4000 characters. */
  readonly said: () => string;
  /** Sends the signal and waits for the end; nothing happens to one that has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a program whose end is part of the test; rejects when it cannot be started. */
export async function startProgram(program: string, args: readonly string[]): Promise<ServerProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
    });
  await once(child, 'spawn');
  const endWithUs = () => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  return { pid: child.pid as number, said: () => said, end: (signal) => ended(child, signal) };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  // a frozen one takes no signal but SIGKILL
  if (signal !== 'SIGKILL') child.kill('SIGCONT');
  child.kill(signal);
  // redis-server forgets the request when it is just writing its first append-only file
  const again = setInterval(() => void child.kill(signal), ASK_AGAIN_MS);
  await exit;
  clearInterval(again);
}
