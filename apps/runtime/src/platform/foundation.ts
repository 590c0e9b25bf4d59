import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openObjectStore } from '@intendant/archive';
import { IdSource, SLOT_COUNT } from '@intendant/kernel';
import {
  type Logger,
  readTlsFiles,
  startTelemetry,
  systemClock,
  systemScheduler,
  TokenVerifier,
} from '@intendant/nest-kit';
import { LogWriter } from '@intendant/partition';
import type { Lease } from '@intendant/wal';
import { logDirectoryIn } from '@intendant/wal-sqlite';
import type { RuntimeEnv } from '../config.js';
import { ArtifactStore } from '../content/artifact-store.js';
import { Holders } from '../link/holders.js';
import { linkAgent, ReplicaLink } from '../link/replica-link.js';
import { OutboxHost } from '../outbox/outbox-host.js';
import { createReadModelHost } from '../read-model/read-model-host.js';
import { Drain } from './drain.js';
import { FreeSpace } from './free-space.js';
import { RuntimeMetrics } from './metrics.js';
import { openLog } from './open-log.js';
import { systemRandom } from './system.js';

export type Foundation = Awaited<ReturnType<typeof layFoundation>>;

/** What everything else stands on: ids, keys, the log and the stores of the data directory. */
export async function layFoundation(env: RuntimeEnv, logger: Logger, onFatal: (error: Error) => void) {
  const directory = env.INTENDANT_DATA_DIR;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const random = systemRandom();
  const logDirectory = logDirectoryIn(directory);
  const trouble: LogTrouble = { onLost: () => undefined };
  const holders = new Holders(env.INTENDANT_REPLICA_ID, systemClock, systemScheduler);
  const archiveStore = openObjectStore(env);
  const metrics = new RuntimeMetrics();
  /** What was copied or followed does not verify, or cannot be recovered: either way it cannot be taken here. */
  const onHalted = (partition: number, error: Error): void => {
    holders.halted(partition, error.message);
    logger.error({ partition, err: error }, 'partition halted');
  };
  const onLost = (partition: number, reason: Error): void => trouble.onLost(partition, reason);
  const onTornTail = (): void => metrics.tornTails.inc();
  const wal = await openLog(env, logger, { onFatal, onLost, onHalted, onTornTail }, archiveStore);
  const { partitionCount } = wal.describe();
  const tls = readTlsFiles(env);
  const link = env.INTENDANT_WAL === 'sqlite' ? null : new ReplicaLink(linkAgent(tls), holders, wal);
  const log = new LogWriter(wal, systemClock, link);
  const databaseUrl = env.INTENDANT_DATABASE_URL;
  return {
    env,
    logger,
    random,
    clock: systemClock,
    ids: new IdSource(systemClock, random, () => freeSlot(log, partitionCount)),
    tls,
    tokens: await TokenVerifier.create(env.INTENDANT_ISSUERS, () => systemClock.nowMs()),
    metrics,
    drain: new Drain(),
    telemetry: await startTelemetry('runtime'),
    wal,
    log,
    holders,
    /** To the other replicas; null when the log is this process's alone. */
    link,
    onHalted,
    trouble,
    /** Where the log is archived; null when it is not. */
    archiveStore,
    readModel: createReadModelHost({ databaseUrl, logDirectory, wal, clock: systemClock, logger }),
    /** Null when domain events are not published. */
    outbox: OutboxHost.of({ env, logDirectory, logId: wal.logId, clock: systemClock, logger }),
    freeSpace: new FreeSpace(directory, env.INTENDANT_FREE_SPACE_FLOOR_BYTES),
    content: new ArtifactStore(
      env.INTENDANT_CONTENT_DIR ?? join(directory, 'content'),
      { bytesMax: env.INTENDANT_CONTENT_BYTES_MAX, tenantBytesMax: env.INTENDANT_CONTENT_QUOTA_BYTES },
      (path) => logger.error({ path }, 'stored content does not have the digest that it is named by'),
    ),
  };
}

/** Set once there is somebody who can let go of what ran in a partition. */
export interface LogTrouble {
  onLost: (partition: number, reason: Error) => void;
}

/** A slot of a partition that is held here, so that what is new need not go elsewhere; null when all are, or none. */
function freeSlot(log: LogWriter, partitionCount: number): number | null {
  const { held } = log;
  if (held.length === 0 || held.length === partitionCount) return null;
  const lease = held[Math.floor(Math.random() * held.length)] as Lease;
  return lease.partition + partitionCount * Math.floor((Math.random() * SLOT_COUNT) / partitionCount);
}
