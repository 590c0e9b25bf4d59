// What `services up` started: a file of pids, and how to end exactly these processes.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
const ASK_AGAIN_MS = 500;
const GRACE_MS = 30_000;

/** Name of a service → `{ url, pid, startedAt, signal }`, with `graceMs` and its `others` where it has more processes than one. */
export function readState(directory) {
  const file = join(directory, 'state.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

export function writeState(directory, state) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'state.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** When the process began, which tells it from a later one with its pid; null when there is none. */
export function startOf(pid) {
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return state.startsWith('Z') ? null : started.join(' ');
  } catch {
    return null;
  }
}

const processesOf = (service) => [service, ...(service.others ?? [])];

const isAlive = ({ pid, startedAt }) => startOf(pid) === startedAt;

/** Whether all of its processes run. */
export const isRunning = (service) => processesOf(service).every(isAlive);

export const pidsOf = (service) => processesOf(service).map(({ pid }) => pid);

/** Ends what is left of it with its own signal, and by force when that takes too long. */
export async function end(service) {
  const deadline = Date.now() + (service.graceMs ?? GRACE_MS);
  let askedAt = 0;
  for (;;) {
    const alive = processesOf(service).filter(isAlive);
    if (alive.length === 0) return;
    if (Date.now() - askedAt >= ASK_AGAIN_MS) {
      // once may not be enough: redis-server forgets the request while it writes its first append-only file
      for (const { pid } of alive) process.kill(pid, Date.now() < deadline ? service.signal : 'SIGKILL');
      askedAt = Date.now();
    }
    await delay(POLL_MS);
  }
}

/** A port of the loopback interface that is free now. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The port that a service had here before, else a free one from now on: what was told of it stays true over a restart. */
export async function portOf(directory) {
  const file = join(directory, 'port');
  if (existsSync(file)) return Number(readFileSync(file, 'utf8'));
  const port = await freePort();
  writeFileSync(file, String(port));
  return port;
}

/** Waits until `isReady` answers true; throws when the process ends before or `withinMs` are over. */
export async function untilReady(child, isReady, withinMs, logFile) {
  const deadline = Date.now() + withinMs;
  while (!(await isReady())) {
    const over = Date.now() > deadline;
    if (!over && child.exitCode === null && child.signalCode === null) {
      await delay(POLL_MS);
      continue;
    }
    if (over) child.kill('SIGKILL');
    const log = existsSync(logFile) ? readFileSync(logFile, 'utf8').trim().slice(-1_000) : '';
    throw new Error(`${over ? `not ready within ${withinMs} ms` : `ended with ${child.exitCode}`}: ${log}`);
  }
}
