import type { ClientBase } from 'pg';

/** Key of the advisory lock that lets one process at a time make the tables. */
const SCHEMA_LOCK = 0x4ead_03;

/** Every table names the log by its id: a database outlives a log. */
const TABLES = `
  CREATE SCHEMA IF NOT EXISTS outbox;
  CREATE TABLE IF NOT EXISTS outbox.place (
    log_id text NOT NULL,
    partition integer NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    events_done integer NOT NULL,
    refusals integer NOT NULL,
    PRIMARY KEY (log_id, partition)
  );
  CREATE TABLE IF NOT EXISTS outbox.publication (
    log_id text NOT NULL,
    partition integer NOT NULL,
    position bigint NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log_id, partition, position)
  );
  CREATE TABLE IF NOT EXISTS outbox.dead_letter (
    log_id text NOT NULL,
    event_id text NOT NULL,
    partition integer NOT NULL,
    position bigint NOT NULL,
    tenant_id text NOT NULL,
    execution_id text NOT NULL,
    event_type text NOT NULL,
    created_at timestamptz NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    died_at timestamptz NOT NULL DEFAULT now(),
    redrive_asked_at timestamptz,
    redriven_at timestamptz,
    PRIMARY KEY (log_id, event_id)
  )`;

/** Makes what is missing; several processes may try at once. */
export async function ensureTables(client: ClientBase): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK]);
  try {
    await client.query(TABLES);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [SCHEMA_LOCK]);
  }
}
