import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { events, isRunning, LauncherProcess, newDirectory, remove, until } from '../fixtures/launcher-process.mjs';
import { freePort } from './ports.js';
import { repositoryRoot } from './repository.js';

/** An empty variable counts as unset, so the launcher starts its own. */
const withDatabase = { INTENDANT_DATABASE_URL: '' };

let dataDir: string;
let launchers: LauncherProcess[];

beforeAll(() => {
  const built = spawnSync(process.execPath, ['tools/build-stale.mjs', 'apps/lab'], { cwd: repositoryRoot });
  expect(built.stdout.toString() + built.stderr.toString()).not.toContain('error');
});
beforeEach(() => {
  dataDir = join(newDirectory(), 'lab');
  mkdirSync(dataDir, { mode: 0o711 });
  launchers = [];
});
afterEach(async () => {
  for (const launcher of launchers) launcher.child.kill('SIGTERM');
  await Promise.all(launchers.map(({ ended }) => ended));
  remove(resolve(dataDir, '..'));
});

/** Without a database of its own unless told: the fake services ask nothing of one. */
function launch(env: Record<string, string> = {}): LauncherProcess {
  const launcher = new LauncherProcess(dataDir, {
    INTENDANT_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    ...env,
  });
  launchers.push(launcher);
  return launcher;
}

function behave(name: string, behaviour: object): void {
  mkdirSync(join(dataDir, 'fixture'), { recursive: true });
  writeFileSync(join(dataDir, 'fixture', `${name}.json`), JSON.stringify(behaviour));
}

const serviceAt = async (url: string): Promise<{ pid: number; env: Record<string, string> }> =>
  (await fetch(url)).json() as Promise<{ pid: number; env: Record<string, string> }>;

describe('the launcher', () => {
  it('starts in order, prints one line of JSON, drains in order on SIGINT and exits with 0', async () => {
    const launcher = launch(withDatabase);
    const ready = await launcher.ready();
    expect(ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      urls: [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)],
      token: expect.stringMatching(/^ey/),
      pid: launcher.child.pid,
      dataDir,
    });
    expect(await launcher.signal('SIGINT')).toEqual({ code: 0, signal: null });
    const order = (suffix: string) => events(dataDir).filter((event) => event.endsWith(suffix));
    const sorted = (from: string[], start: number, end?: number) => from.slice(start, end).sort();
    const started = order(' ready');
    expect(sorted(started, 0, 2)).toEqual(['curator ready', 'smart-city ready']);
    expect(started[2]).toBe('runtime ready');
    const drained = events(dataDir).filter((event) => /draining|stopped/.test(event));
    expect(drained.slice(0, 2)).toEqual(['runtime draining SIGTERM', 'runtime stopped']);
    const both = (first: string, second: string) =>
      [first, second].flatMap((name) => [`${name} draining SIGTERM`, `${name} stopped`]).sort();
    expect(sorted(drained, 2, 6)).toEqual(both('content', 'insights'));
    expect(sorted(drained, 6)).toEqual(both('curator', 'smart-city'));
    expect(launcher.stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  it('gives each service its own environment, and nothing of the user’s but INTENDANT_*', async () => {
    const launcher = launch({ ...withDatabase, INTENDANT_FIXTURE: 'yes', AWS_SECRET_ACCESS_KEY: 'no' });
    const { url } = await launcher.ready();
    const { env } = await serviceAt(url);
    expect(env).toMatchObject({
      INTENDANT_MODE: 'lab',
      INTENDANT_HOST: '127.0.0.1',
      INTENDANT_DATA_DIR: dataDir,
      INTENDANT_FIXTURE: 'yes',
      INTENDANT_RUNTIME_PORT: new URL(url).port,
      INTENDANT_RUNTIME_DATA_PORT: expect.stringMatching(/^\d+$/),
      INTENDANT_CURATOR_ADDRESS: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      INTENDANT_SMART_CITY_ADDRESS: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      INTENDANT_DATABASE_URL: expect.stringMatching(/^postgres:\/\/intendant_owner:.*\/intendant$/),
      INTENDANT_TLS_KEY_FILE: join(dataDir, 'tls', 'runtime.key'),
    });
    expect(env).not.toHaveProperty('AWS_SECRET_ACCESS_KEY');
    expect(JSON.parse(env.INTENDANT_ISSUERS as string)).toEqual([
      {
        issuer: 'https://lab.intendant.invalid',
        audience: 'intendant',
        jwksFile: join(dataDir, 'keys', 'jwks.json'),
        algorithms: ['EdDSA'],
      },
    ]);
  });

  it('starts a service that dies again, and says so', async () => {
    const launcher = launch();
    const { url } = await launcher.ready();
    const { pid } = await serviceAt(url);
    process.kill(pid, 'SIGKILL');
    await until(
      () =>
        serviceAt(url).then(
          (now) => now.pid !== pid,
          () => false,
        ),
      () => launcher.stderr,
    );
    expect(launcher.stderr).toMatch(/runtime +│ .* died after .* \(signal SIGKILL\); starting it again in 0\.5 s/);
  });

  it('gets ready although a service dies while it starts', async () => {
    behave('smart-city', { crashesBeforeReady: 1, exitCode: 9 });
    const launcher = launch();
    await launcher.ready();
    expect(launcher.stderr).toMatch(/smart-city │ .* died while starting \(exit code 9\)/);
  });

  it('stops with 78 when a service refuses its configuration, after showing what it said', async () => {
    behave('runtime', { refuses: true });
    const launcher = launch();
    expect(await launcher.ended).toEqual({ code: 78, signal: null });
    expect(launcher.stderr).toContain('runtime: INTENDANT_FIXTURE must not be set');
    expect(launcher.stderr).toContain('runtime refused its configuration; what it said is above.');
    expect(events(dataDir)).toEqual(expect.arrayContaining(['curator stopped', 'smart-city stopped']));
  });

  it('stops with 78 on a wrong configuration, all problems in one message, nothing started', async () => {
    const launcher = launch({ INTENDANT_RUNTIME_PORT: 'x', INTENDANT_CURATOR_PORT: '-1' });
    expect(await launcher.ended).toEqual({ code: 78, signal: null });
    expect(launcher.stderr).toBe(
      'Intendant cannot start: 2 problems\n' +
        '  INTENDANT_RUNTIME_PORT must be a port number, 0 to 65535\n' +
        '  INTENDANT_CURATOR_PORT must be a port number, 0 to 65535\n',
    );
  });

  it('names every busy port with its variable', async () => {
    const [runtime, curator] = [await freePort(), await freePort()];
    const busy = [runtime, curator].map((port) => createServer().listen(port, '127.0.0.1'));
    const launcher = launch({ INTENDANT_RUNTIME_PORT: String(runtime), INTENDANT_CURATOR_PORT: String(curator) });
    expect((await launcher.ended).code).toBe(78);
    expect(launcher.stderr).toContain(`port ${runtime} is in use by another program; set INTENDANT_RUNTIME_PORT`);
    expect(launcher.stderr).toContain(`port ${curator} is in use by another program; set INTENDANT_CURATOR_PORT`);
    for (const server of busy) server.close();
  });

  it('refuses a second start beside a running one, naming pid and URL, and leaves that alone', async () => {
    const first = launch();
    const { url, pid } = await first.ready();
    const second = launch();
    expect((await second.ended).code).toBe(1);
    expect(second.stderr).toContain(`already running on ${dataDir}: pid ${pid}, ${url}`);
    expect((await serviceAt(url)).pid).toBeGreaterThan(0);
  });

  it('goes on after a kill -9: what was left running is stopped, the database too', async () => {
    behave('content', { staysBehind: true }); // still there when the next launcher comes
    const first = launch(withDatabase);
    await first.ready();
    const database = Number(readFileSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
    const before = await serviceAt((await first.ready()).url);
    await first.signal('SIGKILL');
    expect(isRunning(database)).toBe(true);
    rmSync(join(dataDir, 'fixture', 'content.json'));
    const second = launch(withDatabase);
    const { url } = await second.ready();
    const after = await serviceAt(url);
    expect(isRunning(database)).toBe(false);
    expect(after.env.INTENDANT_DATABASE_URL).toBe(before.env.INTENDANT_DATABASE_URL);
    expect(second.stderr).toMatch(/did not stop in order/);
    expect(second.stderr).toMatch(/stopped what it left running: .*content \(pid \d+\)/);
    expect(await second.signal('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('stops at once when asked a second time', async () => {
    behave('runtime', { hangs: true });
    const launcher = launch();
    await launcher.ready();
    launcher.child.kill('SIGINT');
    launcher.child.kill('SIGINT'); // npm and the terminal both pass it on: still the first request
    await until(() => events(dataDir).includes('runtime draining SIGTERM'));
    await until(() => {
      launcher.child.kill('SIGINT');
      return launcher.child.exitCode !== null;
    });
    expect((await launcher.ended).code).toBe(130);
  });

  it('stops in order when asked while it starts', async () => {
    behave('runtime', { neverReady: true });
    const launcher = launch();
    await until(() => events(dataDir).includes('runtime started'));
    expect(await launcher.signal('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(events(dataDir).filter((event) => event.startsWith('content'))).toEqual([]);
  });

  it('runs on when nobody reads its output any more', async () => {
    const launcher = launch({ INTENDANT_LAB_JSON: '0' });
    await until(() => launcher.stdout.includes('Ctrl-C stops everything'));
    const url = /export INTENDANT_URL=(\S+)/.exec(launcher.stdout)?.[1] as string;
    launcher.child.stdout.destroy();
    const { pid } = await serviceAt(url);
    process.kill(pid, 'SIGKILL'); // makes the launcher write
    await until(() =>
      serviceAt(url).then(
        (now) => now.pid !== pid,
        () => false,
      ),
    );
    expect(await launcher.signal('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('welcomes with URL, token and three commands to try', async () => {
    const launcher = launch({ INTENDANT_LAB_JSON: '0' });
    await until(() => launcher.stdout.includes('Ctrl-C stops everything'));
    expect(launcher.stdout).toMatch(/export INTENDANT_URL=http:\/\/127\.0\.0\.1:\d+ INTENDANT_TOKEN=ey/);
    expect(launcher.stdout).toContain('valid for 12 h');
    expect(launcher.stdout.match(/^ {2}(npx intendant|npm run) /gm)).toHaveLength(3);
    expect(launcher.stdout).not.toContain('\u001b');
  });
});
