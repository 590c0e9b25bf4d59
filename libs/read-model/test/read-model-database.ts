import { createTestDatabase, type TestDatabase } from '@intendant/nest-kit/testing/database';
import pg from 'pg';
import { ROLES } from '../src/roles.js';

export interface ReadModelDatabase extends TestDatabase {
  /** As the projector, who sees every row; its role is there once a projector was. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
}

/** A database of its own, in which the owner of the tables sees no row. */
export async function createReadModelDatabase(): Promise<ReadModelDatabase> {
  const server = await createTestDatabase('read_model');
  return { ...server, rows: (sql) => rowsAs(server.url, ROLES.projector, sql) };
}

/** What a statement gives to whoever takes this role. */
export async function rowsAs(url: string, role: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, options: `-c role=${role}` });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
