import pg from 'pg';

const TABLE = `
CREATE SCHEMA IF NOT EXISTS "runtime";
CREATE TABLE IF NOT EXISTS "runtime"."log_identity" (
  "singleton" boolean PRIMARY KEY DEFAULT true CHECK ("singleton"),
  "log_id" text NOT NULL,
  "since" timestamptz NOT NULL DEFAULT now());`;
/** Of the advisory lock that lets one process at a time make the table. */
const TABLE_LOCK = 0x10_61d;
const CONNECT_MS_MAX = 3_000;

/**
 * Which log this cluster has, remembered outside the log: servers that were emptied hold a new one, and a process without a
 * copy could not tell. Gives the id that is remembered, which is `logId` when none was; `accepted` takes the place of
 * another. Rejects when PostgreSQL cannot be asked.
 */
export async function witnessedLog(databaseUrl: string, logId: string, accepted: string | undefined): Promise<string> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'intendant-log-witness',
    connectionTimeoutMillis: CONNECT_MS_MAX,
    statement_timeout: CONNECT_MS_MAX,
  });
  // a connection that breaks is told by the query under way
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [TABLE_LOCK]);
    await client.query(TABLE);
    await client.query('INSERT INTO "runtime"."log_identity" ("log_id") VALUES ($1) ON CONFLICT DO NOTHING', [logId]);
    if (accepted === logId)
      await client.query('UPDATE "runtime"."log_identity" SET "log_id" = $1, "since" = now() WHERE "log_id" <> $1', [
        logId,
      ]);
    const { rows } = await client.query<{ log_id: string }>('SELECT "log_id" FROM "runtime"."log_identity"');
    await client.query('COMMIT');
    return (rows[0] as { log_id: string }).log_id;
  } finally {
    await client.end().catch(() => undefined);
  }
}
