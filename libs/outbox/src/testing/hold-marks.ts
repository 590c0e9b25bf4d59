import pg from 'pg';

/** Holds every mark of a published position up, and with it the publisher that makes one, until the returned is called. */
export async function holdMarks(databaseUrl: string): Promise<() => Promise<void>> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM outbox.place FOR UPDATE');
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}
