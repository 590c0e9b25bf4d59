import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { IdSource } from '@intendant/kernel';
import { type Logger, readTlsFiles, startTelemetry, TokenVerifier } from '@intendant/nest-kit';
import { LogWriter } from '@intendant/partition';
import { SqliteWal } from '@intendant/wal-sqlite';
import type { RuntimeEnv } from '../config.js';
import { ArtifactStore } from '../content/artifact-store.js';
import { createReadModelHost } from '../read-model/read-model-host.js';
import { Drain } from './drain.js';
import { FreeSpace } from './free-space.js';
import { RuntimeMetrics } from './metrics.js';
import { systemClock, systemRandom } from './system.js';

export type Foundation = Awaited<ReturnType<typeof layFoundation>>;

/** What everything else stands on: ids, keys, the log and the stores of the data directory. */
export async function layFoundation(env: RuntimeEnv, logger: Logger, onFatal: (error: Error) => void) {
  const directory = env.INTENDANT_DATA_DIR;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const random = systemRandom();
  const logDirectory = join(directory, 'log');
  const wal = new SqliteWal({ directory: logDirectory, partitionCount: env.INTENDANT_PARTITIONS, onFatal });
  if (env.INTENDANT_REBUILD_STORE === '1') wal.rebuildStore();
  const databaseUrl = env.INTENDANT_DATABASE_URL;
  return {
    env,
    logger,
    random,
    clock: systemClock,
    ids: new IdSource(systemClock, random),
    tls: readTlsFiles(env),
    tokens: await TokenVerifier.create(env.INTENDANT_ISSUERS, () => systemClock.nowMs()),
    metrics: new RuntimeMetrics(),
    drain: new Drain(),
    telemetry: await startTelemetry('runtime'),
    wal,
    log: new LogWriter(wal, systemClock),
    readModel: createReadModelHost({ databaseUrl, logDirectory, wal, clock: systemClock, logger }),
    freeSpace: new FreeSpace(directory, env.INTENDANT_FREE_SPACE_FLOOR_BYTES),
    content: new ArtifactStore(join(directory, 'content'), {
      bytesMax: env.INTENDANT_CONTENT_BYTES_MAX,
      tenantBytesMax: env.INTENDANT_CONTENT_QUOTA_BYTES,
    }),
  };
}
