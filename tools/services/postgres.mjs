import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installPackages } from './install.mjs';
import { portOf, untilReady } from './running.mjs';

const READY_WITHIN_MS = 20_000;
const VERSIONS = '/usr/lib/postgresql';

/** Switches of a server that listens on the loopback interface only and syncs every commit. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'shared_buffers=64MB',
  'fsync=on',
  'synchronous_commit=on',
];

export const postgres = {
  variable: 'INTENDANT_DATABASE_URL',
  // fast shutdown: ends the sessions, writes everything
  signal: 'SIGINT',
  isInstalled: () => programs() !== null,
  install: () => installPackages('PostgreSQL', ['postgresql']),
  async start(directory) {
    const user = serverUser();
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o700);
    if (user.uid !== undefined) chownSync(directory, user.uid, user.gid);
    assertReachable(directory, user);
    const data = join(directory, 'data');
    if (!existsSync(data)) createCluster(directory, data, user);
    const port = await portOf(directory);
    const child = await startServer(directory, data, port, user);
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, pid: child.pid };
  },
};

/** Folder of the newest installed version's programs, or null. */
function programs() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : [];
  return (
    versions.map((version) => join(VERSIONS, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb'))) ?? null
  );
}

/** PostgreSQL refuses root: then it runs as the user whom its package made. */
function serverUser() {
  if (process.getuid() !== 0) return {};
  const idOf = (option) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function assertReachable(directory, user) {
  const { status } = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  });
  if (status === 0) return;
  throw new Error(
    `the user postgres cannot enter ${directory}: set INTENDANT_SERVICES_DIR to a folder that others may pass through`,
  );
}

/** Made under another name and renamed when complete: an interrupted `up` leaves nothing half made. */
function createCluster(directory, data, user) {
  const draft = join(directory, 'data.new');
  rmSync(draft, { recursive: true, force: true });
  const login = ['--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C'];
  execFileSync(join(programs(), 'initdb'), ['--pgdata', draft, ...login, '--no-sync', '--no-instructions'], {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  renameSync(draft, data);
}

/** Tries again while a killed server is not yet quite gone. */
async function startServer(directory, data, port, user) {
  const logFile = join(directory, 'server.log');
  const log = openSync(logFile, 'a', 0o600);
  const switches = SETTINGS.flatMap((setting) => ['-c', setting]);
  for (let attempt = 1; ; attempt += 1) {
    const child = spawn(join(programs(), 'postgres'), ['-D', data, '-p', String(port), ...switches], {
      ...user,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    });
    try {
      await untilReady(child, () => saysReady(data, child.pid), READY_WITHIN_MS, logFile);
      child.unref();
      return child;
    } catch (error) {
      if (attempt === 5) throw error;
      await delay(500);
    }
  }
}

/** The server keeps its pid and its state in a file of its own. */
function saysReady(data, pid) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}
