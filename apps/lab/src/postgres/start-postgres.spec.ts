import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { newDirectory, remove } from '../../fixtures/launcher-process.mjs';
import { type RunningPostgres, startPostgres } from './start-postgres.js';

const FIRST_START_MS = 240_000;
let dataDir: string;
let running: RunningPostgres[];

beforeEach(() => {
  dataDir = newDirectory();
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map(({ stop }) => stop()));
  remove(dataDir);
});

async function start(options = {}): Promise<RunningPostgres> {
  const restart = { firstDelayMs: 20, longestDelayMs: 200, healthyAfterMs: 30_000 };
  const postgres = await startPostgres({ dataDir: join(dataDir, 'lab'), restart, ...options });
  running.push(postgres);
  return postgres;
}

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('startPostgres', () => {
  it(
    'gives a database whose owner is no superuser, with a random password and nothing but 127.0.0.1',
    async () => {
      const { url } = await start();
      const [row] = await ask(
        url,
        `SELECT current_database() AS database, rolsuper, rolcreatedb, current_setting('synchronous_commit') AS sync,
           current_setting('fsync') AS fsync, current_setting('max_connections') AS connections,
           current_setting('listen_addresses') AS listens
         FROM pg_roles WHERE rolname = current_user`,
      );
      expect(row).toEqual({
        database: 'intendant',
        rolsuper: false,
        rolcreatedb: false,
        sync: 'on',
        fsync: 'on',
        connections: '60',
        listens: '127.0.0.1',
      });
      const wrong = new URL(url);
      wrong.password = 'guessed';
      await expect(ask(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
      const passwordFile = join(dataDir, 'lab', 'keys', 'database-password');
      expect(statSync(passwordFile).mode & 0o777).toBe(0o600);
      expect(readFileSync(passwordFile, 'utf8').trim()).toHaveLength(32);
    },
    FIRST_START_MS,
  );

  it(
    'keeps its rows, port and password over a restart',
    async () => {
      const first = await start();
      await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.stop();
      const second = await start();
      expect(second.url).toBe(first.url);
      expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    },
    FIRST_START_MS,
  );

  it(
    'takes another port when its own is taken, and makes a new password when the file is lost',
    async () => {
      const first = await start();
      await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.stop();
      rmSync(join(dataDir, 'lab', 'keys', 'database-password'));
      const second = await start({ avoidPorts: new Set([Number(new URL(first.url).port)]) });
      expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
      expect(new URL(second.url).password).not.toBe(new URL(first.url).password);
      expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    },
    FIRST_START_MS,
  );

  it(
    'starts again when it is killed, at the same URL, with every committed row',
    async () => {
      const { url, server } = await start();
      await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      const pid = server.pid as number;
      process.kill(pid, 'SIGKILL');
      await server.ready(pid);
      expect(await ask(url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    },
    FIRST_START_MS,
  );

  it(
    'is not misled by a left-over pid file that names another program',
    async () => {
      const next = await start();
      await next.stop();
      writeFileSync(join(next.directory, 'data', 'postmaster.pid'), `${process.pid}\n`);
      expect(await ask((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
    FIRST_START_MS,
  );

  it(
    'begins anew when the first start was interrupted',
    async () => {
      const first = await start();
      await first.stop();
      const half = join(first.directory, 'data.new');
      rmSync(join(first.directory, 'data'), { recursive: true });
      writeFileSync(half, 'left by an interrupted start');
      expect(await ask((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
    FIRST_START_MS,
  );

  it(
    'lets tests create databases of their own when asked to',
    async () => {
      const { url } = await start({ mayCreateDatabases: true });
      await ask(url, 'CREATE DATABASE another');
      const another = new URL(url);
      another.pathname = '/another';
      expect(await ask(another.href, 'SELECT current_database() AS name')).toEqual([{ name: 'another' }]);
    },
    FIRST_START_MS,
  );
});
