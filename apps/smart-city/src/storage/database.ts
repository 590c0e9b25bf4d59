import { DataSource } from 'typeorm';
import { CreatePolicyBundle1777888800000 } from './migrations/1777888800000-create-policy-bundle.js';
import { PolicyBundleRow, SCHEMA } from './policy-bundle.entity.js';

/** Key of the advisory lock that lets one instance at a time change the schema. */
const SCHEMA_LOCK = 0x5c_17;
const CONNECTIONS_MAX = 4;

/** Connects and brings the schema up to date; several instances may start at once. */
export async function openDatabase(url: string, onPoolError: (error: unknown) => void): Promise<DataSource> {
  const database = new DataSource({
    type: 'postgres',
    url,
    schema: SCHEMA,
    applicationName: 'smart-city',
    entities: [PolicyBundleRow],
    migrations: [CreatePolicyBundle1777888800000],
    migrationsTableName: 'migration',
    synchronize: false,
    poolSize: CONNECTIONS_MAX,
    connectTimeoutMS: 5_000,
    poolErrorHandler: onPoolError,
    extra: { statement_timeout: 10_000, query_timeout: 15_000 },
  });
  await database.initialize();
  try {
    await migrate(database);
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return database;
}

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
