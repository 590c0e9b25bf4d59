import { randomBytes } from 'node:crypto';
import pg from 'pg';

const serverUrl = process.env.INTENDANT_TEST_POSTGRES_URL;
const onCi = !['', '0', 'false'].includes(process.env.CI ?? '');
if (serverUrl === undefined && onCi) throw new Error('INTENDANT_TEST_POSTGRES_URL is not set');

/** False on a developer's machine without a test server; on CI that is an error. */
export const hasServer = serverUrl !== undefined;

/** To be put into the name of a suite that needs the server. */
export const withoutServer = hasServer ? '' : ' (skipped: INTENDANT_TEST_POSTGRES_URL is not set)';

export interface TestDatabase {
  readonly url: string;
  /** The same database as a superuser; null where the server has none for tests. */
  readonly superuserUrl: string | null;
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** A database of its own for one spec file; its name begins with whose test it is. */
export async function createTestDatabase(owner: string): Promise<TestDatabase> {
  const name = `${owner}_test_${randomBytes(6).toString('hex')}`;
  await once(serverUrl as string, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl as string);
  url.pathname = `/${name}`;
  const superuser = process.env.INTENDANT_TEST_POSTGRES_SUPERUSER_URL;
  return {
    url: url.href,
    superuserUrl: superuser === undefined ? null : new URL(`/${name}`, superuser).href,
    query: (sql, values) => once(url.href, sql, values),
    drop: () => drop(name),
  };
}

/**
 * Not WITH (FORCE): that fails when the server's own vacuum is in the database, whose process only a superuser may end. A
 * plain drop makes the vacuum leave, and waits for those that were told to.
 */
async function drop(name: string): Promise<void> {
  const others = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = current_user';
  await once(serverUrl as string, others, [name]);
  await once(serverUrl as string, `DROP DATABASE ${name}`);
}

async function once(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}
