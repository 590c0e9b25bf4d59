import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LogArchive, type ObjectStore } from '@intendant/archive';
import { CannotStartNow, ConfigError, hostOf, type Logger, outOfReach, systemScheduler } from '@intendant/nest-kit';
import { witnessedLog } from '@intendant/read-model/postgres';
import { type FrameLog, type IndexedWal, LogCorrupt, UnfitLog } from '@intendant/wal';
import { openKafkaFrameLog } from '@intendant/wal-kafka';
import { openRedisFrameLog } from '@intendant/wal-redis';
import { RemoteWal } from '@intendant/wal-remote';
import { LOG_FILE, logDirectoryIn, SqliteWal } from '@intendant/wal-sqlite';
import type { RuntimeEnv } from '../config.js';

export interface LogEvents {
  /** The process must end: nothing will be acknowledged any more. */
  readonly onFatal: (error: Error) => void;
  /** A partition was taken away, or what became of an append could not be learnt. */
  readonly onLost: (partition: number, reason: Error) => void;
  /** Nothing more of a partition can be trusted. */
  readonly onHalted: (partition: number, error: Error) => void;
  /** A crash had torn the last write of the log's file, or of the copy's; it was dropped. */
  readonly onTornTail: () => void;
}

/**
 * The log that the configuration names, opened, with its copy or its file in the data directory. A copy that needs what the
 * servers have dropped begins with the archive in `objects`.
 */
export async function openLog(
  env: RuntimeEnv,
  logger: Logger,
  events: LogEvents,
  objects: ObjectStore | null,
): Promise<IndexedWal> {
  const wal = await openBackend(env, logger, events, objects);
  const { tornBytes } = wal;
  if (tornBytes > 0) {
    logger.warn({ bytes: tornBytes }, 'the last write of the log was torn by a crash and is dropped');
    events.onTornTail();
  }
  if (env.INTENDANT_REBUILD_STORE === '1') wal.rebuildStore();
  return wal;
}

async function openBackend(
  env: RuntimeEnv,
  logger: Logger,
  events: LogEvents,
  objects: ObjectStore | null,
): Promise<SqliteWal | RemoteWal> {
  const directory = logDirectoryIn(env.INTENDANT_DATA_DIR);
  if (env.INTENDANT_WAL === 'sqlite')
    return new SqliteWal({ directory, partitionCount: env.INTENDANT_PARTITIONS, onFatal: events.onFatal });
  const isNew = !existsSync(join(directory, LOG_FILE));
  const log = await openServers(env, logger).catch((error: Error) => refusedByServers(env, error, isNew));
  await confirmLog(env, logger, log, isNew);
  const archive = objects === null ? {} : { archive: new LogArchive(objects, log.logId) };
  return RemoteWal.open({ directory, log, scheduler: systemScheduler, ...archive, ...events });
}

/**
 * What was made or set differently stays so until somebody corrects it; servers that are out of reach come back by themselves.
 * Servers that kept enough when this replica wrote to them are expected to do so again, as a replica that runs waits for it.
 */
function refusedByServers(env: RuntimeEnv, error: Error, isNew: boolean): never {
  const { INTENDANT_WAL: backend, INTENDANT_KAFKA_TOPIC: topic } = env;
  if (error instanceof UnfitLog) {
    const problems = error.problems.map((problem) => `INTENDANT_WAL=${backend}: on the servers ${problem}`);
    throw isNew ? new ConfigError(problems) : new CannotStartNow(problems.join('\n'));
  }
  if (backend === 'kafka' && error instanceof LogCorrupt)
    throw new ConfigError([
      `INTENDANT_WAL=kafka: the topic ${topic} is no log (${error.place}: ${error.finding}): stop whoever writes to it and delete it, or name another one with INTENDANT_KAFKA_TOPIC`,
    ]);
  if (error.name === 'UnlikeLog') throw new ConfigError([`INTENDANT_WAL=${backend}: ${error.message}`]);
  throw outOfReach(...placesOf(env), error);
}

/** The variable that names the log's servers, and what it names. */
function placesOf(env: RuntimeEnv): [variable: string, places: string] {
  const {
    INTENDANT_REDIS_URL: url,
    INTENDANT_REDIS_SENTINELS: sentinels = [],
    INTENDANT_KAFKA_BROKERS: brokers = [],
  } = env;
  if (env.INTENDANT_WAL === 'kafka') return ['INTENDANT_KAFKA_BROKERS', brokers.join(', ')];
  if (url !== undefined) return ['INTENDANT_REDIS_URL', hostOf(url)];
  return ['INTENDANT_REDIS_SENTINELS', sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')];
}

/**
 * The servers must hold the log that this cluster remembers in PostgreSQL: those that were emptied hold a new one. A process
 * with a copy knows its log from that, and goes on when PostgreSQL is away.
 */
async function confirmLog(env: RuntimeEnv, logger: Logger, { logId }: FrameLog, isNew: boolean): Promise<void> {
  try {
    const known = await witnessedLog(env.INTENDANT_DATABASE_URL, logId, env.INTENDANT_ACCEPT_LOG);
    if (known === logId) return;
    throw new ConfigError([
      `INTENDANT_WAL: the servers hold the log ${logId}, that of this cluster is ${known}: restore it, or begin a new history with INTENDANT_ACCEPT_LOG=${logId}`,
    ]);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (isNew) throw outOfReach('INTENDANT_DATABASE_URL', hostOf(env.INTENDANT_DATABASE_URL), error);
    logger.warn({ err: error }, 'PostgreSQL could not be asked which log this cluster has; the copy says it');
  }
}

async function openServers(env: RuntimeEnv, logger: Logger): Promise<FrameLog> {
  return env.INTENDANT_WAL === 'redis' ? openRedis(env) : openKafka(env, logger);
}

function openRedis(env: RuntimeEnv): Promise<FrameLog> {
  const { INTENDANT_REDIS_URL: url, INTENDANT_REDIS_SENTINELS: addresses, INTENDANT_REDIS_PASSWORD: password } = env;
  const secret = password === undefined ? {} : { password };
  return openRedisFrameLog({
    ...secret,
    ...(url === undefined ? {} : { url }),
    ...(addresses === undefined
      ? {}
      : { sentinel: { name: env.INTENDANT_REDIS_MASTER, addresses, ...secret }, ...tlsInProduction(env) }),
    prefix: env.INTENDANT_REDIS_PREFIX,
    partitionCount: env.INTENDANT_PARTITIONS,
    replicas: env.INTENDANT_REDIS_REPLICAS,
  });
}

const tlsInProduction = ({ INTENDANT_MODE }: RuntimeEnv) => (INTENDANT_MODE === 'production' ? { tls: {} } : {});

function openKafka(env: RuntimeEnv, logger: Logger): Promise<FrameLog> {
  const { INTENDANT_KAFKA_USERNAME: username, INTENDANT_KAFKA_PASSWORD: password } = env;
  const replicationFactor = env.INTENDANT_KAFKA_REPLICATION;
  return openKafkaFrameLog({
    brokers: env.INTENDANT_KAFKA_BROKERS ?? [],
    topic: env.INTENDANT_KAFKA_TOPIC,
    partitionCount: env.INTENDANT_PARTITIONS,
    minInsyncReplicas: env.INTENDANT_KAFKA_MIN_INSYNC,
    clientId: `intendant-${env.INTENDANT_REPLICA_ID}`,
    tls: env.INTENDANT_KAFKA_TLS === '1',
    logCreator:
      () =>
      ({ log, label }) =>
        logger.debug({ ...log, label }, 'kafka client'),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    ...(username === undefined || password === undefined
      ? {}
      : { password: { mechanism: env.INTENDANT_KAFKA_MECHANISM, username, password } }),
  });
}
