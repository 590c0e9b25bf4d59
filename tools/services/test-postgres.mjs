// The PostgreSQL of the tests: a given one, Debian's, or the one that comes with the packages, in this order.
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mayInstall } from './install.mjs';
import { postgres } from './postgres.mjs';
import { end, startOf } from './running.mjs';

const ROLE = 'intendant_tests';

/** What was chosen, its URLs, and how to end it. */
export async function postgresForTests() {
  const { INTENDANT_TEST_POSTGRES_URL: url, INTENDANT_TEST_POSTGRES_SUPERUSER_URL: superuserUrl } = process.env;
  if (url !== undefined)
    return { name: 'the PostgreSQL that was given', url, superuserUrl, stop: async () => undefined };
  if (!postgres.isInstalled() && mayInstall) postgres.install();
  return postgres.isInstalled() ? debians() : embedded();
}

async function debians() {
  const directory = await mkdtemp(join(tmpdir(), 'intendant-test-postgres-'));
  // its user has to pass through
  await chmod(directory, 0o755);
  const started = await postgres.start(join(directory, 'server'));
  const server = { ...started, signal: postgres.signal, startedAt: startOf(started.pid) };
  asSuperuser(started.url, `CREATE ROLE ${ROLE} LOGIN CREATEROLE CREATEDB PASSWORD 'tests'`);
  const url = new URL(started.url);
  [url.username, url.password] = [ROLE, 'tests'];
  return {
    name: `PostgreSQL ${asSuperuser(started.url, 'SHOW server_version')}`,
    url: url.href,
    superuserUrl: started.url,
    stop: async () => {
      await end(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const asSuperuser = (url, sql) => execFileSync('psql', [url, '-Atc', sql], { encoding: 'utf8' }).trim();

async function embedded() {
  const { startPostgres } = await import('@intendant/lab');
  const directory = await mkdtemp(join(tmpdir(), 'intendant-test-postgres-'));
  const server = await startPostgres({ dataDir: directory, mayCreateDatabases: true });
  return {
    name: 'the PostgreSQL that comes with the packages',
    url: server.url,
    superuserUrl: server.superuserUrl,
    stop: async () => {
      await server.destroy();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
