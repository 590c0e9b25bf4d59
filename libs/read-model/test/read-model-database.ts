import pg from 'pg';
import { ROLES } from '../src/roles.js';

/** A test database in which the owner of the tables sees no row. */
export type WithRows<Database> = Database & {
  /** As the projector, who sees every row; its role is there once a projector was. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
};

export const withRows = <Database extends { readonly url: string }>(server: Database): WithRows<Database> => ({
  ...server,
  rows: (sql) => rowsAs(server.url, ROLES.projector, sql),
});

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
