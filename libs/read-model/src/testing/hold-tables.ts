import pg from 'pg';

/** Locks the served tables for as long as nobody calls what it resolves with: `shared` as a list does, `alone` against everybody. */
export async function holdTables(databaseUrl: string, how: 'shared' | 'alone'): Promise<() => Promise<void>> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query('BEGIN');
  const mode = how === 'shared' ? 'ACCESS SHARE' : 'ACCESS EXCLUSIVE';
  await client.query(`LOCK TABLE read_model.execution, read_model.projection_position IN ${mode} MODE`);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}
