import { DataSource } from 'typeorm';
import { CapabilityRow, SCHEMA } from './capability.entity.js';
import { CreateRegistry1777888800001 } from './migrations/1777888800001-create-registry.js';
import { RevisionRow } from './revision.entity.js';

/** Key of the advisory lock that lets one process at a time change the schema. */
const SCHEMA_LOCK = 0xc0_17;
const CONNECTIONS_MAX = 2;
const RETRY_MS = 500;

export interface DatabaseEvents {
  /** A connection at rest was lost; the next query opens another. */
  connectionLost(error: unknown): void;
  /** The server is not there yet; asked again after a moment. */
  notThereYet(error: unknown): void;
}

/** Connects, waiting up to `waitMsMax` for a server that is starting too, and brings the schema up to date. */
export async function openDatabase(url: string, waitMsMax: number, events: DatabaseEvents): Promise<DataSource> {
  const database = await connect(url, performance.now() + waitMsMax, events);
  try {
    await migrate(database);
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return database;
}

async function connect(url: string, untilMs: number, events: DatabaseEvents): Promise<DataSource> {
  for (;;) {
    const database = dataSource(url, events);
    try {
      return await database.initialize();
    } catch (error) {
      if (performance.now() + RETRY_MS > untilMs) throw error;
      events.notThereYet(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

const dataSource = (url: string, events: DatabaseEvents): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    schema: SCHEMA,
    applicationName: 'curator',
    entities: [CapabilityRow, RevisionRow],
    migrations: [CreateRegistry1777888800001],
    migrationsTableName: 'migration',
    synchronize: false,
    poolSize: CONNECTIONS_MAX,
    connectTimeoutMS: 5_000,
    poolErrorHandler: (error: unknown) => events.connectionLost(error),
    extra: { statement_timeout: 5_000, query_timeout: 8_000 },
  });

async function migrate(database: DataSource): Promise<void> {
  const holder = database.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK]);
    await holder.query(`CREATE SCHEMA IF NOT EXISTS "${SCHEMA}"`);
    await database.runMigrations({ transaction: 'all' });
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [SCHEMA_LOCK]).finally(() => holder.release());
  }
}
