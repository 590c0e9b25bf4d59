import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { canRun, installPackages } from './install.mjs';
import { portOf, untilReady } from './running.mjs';

const PROGRAM = 'redis-server';
const READY_WITHIN_MS = 20_000;

/** What the log asks of its server. */
const SETTINGS = { save: '', appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };

export const redis = {
  variable: 'INTENDANT_REDIS_URL',
  signal: 'SIGTERM',
  isInstalled: () => canRun(PROGRAM, '--version') && canRun('redis-sentinel', '--version'),
  install: () => installPackages('Redis', ['redis-server', 'redis-sentinel']),
  async start(directory) {
    mkdirSync(directory, { recursive: true });
    const port = await portOf(directory);
    const logFile = join(directory, 'server.log');
    const log = openSync(logFile, 'a');
    const settings = { port: String(port), bind: '127.0.0.1', dir: directory, loglevel: 'warning', ...SETTINGS };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn(PROGRAM, args, { detached: true, stdio: ['ignore', log, log] });
    await untilReady(child, () => answersPing(port), READY_WITHIN_MS, logFile);
    child.unref();
    return { url: `redis://127.0.0.1:${port}`, pid: child.pid };
  },
};

/** False while it does not listen, and while it still reads its files. */
function answersPing(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('error', () => resolve(false));
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString().startsWith('+PONG'));
    });
  });
}
