import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { DataEntryRow } from './entities/data-entry.entity.js';
import { DataSourceRow } from './entities/data-source.entity.js';
import { ExecutionRow } from './entities/execution.entity.js';
import { LogEntryRow } from './entities/log-entry.entity.js';
import { ProjectionPositionRow } from './entities/projection-position.entity.js';
import { SCHEMA } from './entities/schema.js';
import { CreateReadModel1795219200000 } from './migrations/1795219200000-create-read-model.js';
import { AddDataBrain1795260000000 } from './migrations/1795260000000-add-data-brain.js';
import { AddRowSecurity1795300000000 } from './migrations/1795300000000-add-row-security.js';
import { AddMetricsIndex1795310000000 } from './migrations/1795310000000-add-metrics-index.js';
import { NameRolesInPolicies1795320000000 } from './migrations/1795320000000-name-roles-in-policies.js';
import { NameLogOfPositions1795330000000 } from './migrations/1795330000000-name-log-of-positions.js';
import { OverseePausedByError1795340000000 } from './migrations/1795340000000-oversee-paused-by-error.js';
import { ensureRoles } from './roles.js';

/** What the tables are made by, in order. Each names the schema as `"read_model"` and no other way: see `rebuild.ts`. */
export const MIGRATIONS = [
  CreateReadModel1795219200000,
  AddDataBrain1795260000000,
  AddRowSecurity1795300000000,
  AddMetricsIndex1795310000000,
  NameRolesInPolicies1795320000000,
  NameLogOfPositions1795330000000,
  OverseePausedByError1795340000000,
] as const;

/** Key of the advisory lock that lets one process at a time change the schema. */
const SCHEMA_LOCK = 0x4ead_01;

export interface DatabaseOptions {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly connectionsMax: number;
  /** Bound of one statement. */
  readonly statementMs: number;
  /**
   * False lets commits be acknowledged before they are on disk. A crash of PostgreSQL may then lose the last of them, rows
   * and position together, and the projector applies them again.
   */
  readonly synchronousCommit: boolean;
  /**
   * PostgreSQL ends a session that asks nothing for so long, and so frees what it had locked: of a host that is gone it
   * otherwise hears after hours. From PostgreSQL 14.
   */
  readonly silenceMs?: number;
  /** An idle connection was lost; the next question opens another. */
  readonly onConnectionLost: (error: unknown) => void;
}

/** An index of a large table takes longer than any other statement may, and so does waiting for whoever makes it. */
const MIGRATION_STATEMENT_MS_MAX = 60 * 60_000;
const CONNECT_MS_MAX = 2_000;
/** How much longer than PostgreSQL itself the client waits for the end of a statement. */
const ANSWER_SLACK_MS = 1_000;

/** Connects; rejects when PostgreSQL cannot be reached. Leaves the schema as it is. */
export async function openDatabase(options: DatabaseOptions): Promise<DataSource> {
  const database = new DataSource({
    type: 'postgres',
    url: options.url,
    schema: SCHEMA,
    applicationName: options.applicationName,
    entities: [ExecutionRow, LogEntryRow, DataEntryRow, DataSourceRow, ProjectionPositionRow],
    migrations: [...MIGRATIONS],
    migrationsTableName: 'migration',
    synchronize: false,
    installExtensions: false,
    poolSize: options.connectionsMax,
    connectTimeoutMS: CONNECT_MS_MAX,
    poolErrorHandler: options.onConnectionLost,
    extra: {
      statement_timeout: options.statementMs,
      query_timeout: options.statementMs + ANSWER_SLACK_MS,
      keepAlive: true,
      options: sessionSettings(options),
    },
  } satisfies DataSourceOptions);
  return database.initialize();
}

const sessionSettings = ({ synchronousCommit, silenceMs }: DatabaseOptions): string | undefined =>
  [
    ...(synchronousCommit ? [] : ['-c synchronous_commit=off']),
    ...(silenceMs === undefined ? [] : silenceBounds(silenceMs)),
  ].join(' ') || undefined;

const silenceBounds = (ms: number): readonly string[] =>
  ['idle_session_timeout', 'idle_in_transaction_session_timeout'].map((name) => `-c ${name}=${ms}`);

/** Connects to tables that are up to date: changes them first, on a connection of its own, which may take its time. */
export async function openMigrated(options: DatabaseOptions): Promise<DataSource> {
  // who holds the lock of the schema asks nothing until the migrations are done
  const { silenceMs: _silenceMs, ...others } = options;
  const unhurried = await openDatabase({ ...others, statementMs: MIGRATION_STATEMENT_MS_MAX });
  try {
    await migrate(unhurried);
  } finally {
    await unhurried.destroy().catch(() => undefined);
  }
  return openDatabase(options);
}

/** Brings the schema up to date; several processes may try at once. */
async function migrate(database: DataSource): Promise<void> {
  const holder: QueryRunner = database.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK]);
    await ensureRoles(holder);
    await holder.query(`CREATE SCHEMA IF NOT EXISTS "${SCHEMA}"`);
    await database.runMigrations({ transaction: 'all' });
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [SCHEMA_LOCK]).finally(() => holder.release());
  }
}
