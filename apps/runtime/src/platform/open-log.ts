import { join } from 'node:path';
import type { Logger } from '@intendant/nest-kit';
import type { FrameLog, IndexedWal } from '@intendant/wal';
import { openKafkaFrameLog } from '@intendant/wal-kafka';
import { openRedisFrameLog } from '@intendant/wal-redis';
import { RemoteWal } from '@intendant/wal-remote';
import { SqliteWal } from '@intendant/wal-sqlite';
import type { RuntimeEnv } from '../config.js';
import { systemScheduler } from './system.js';

export interface LogEvents {
  /** The process must end: nothing will be acknowledged any more. */
  readonly onFatal: (error: Error) => void;
  /** A partition was taken away, or what became of an append could not be learnt. */
  readonly onLost: (partition: number, reason: Error) => void;
  /** Nothing more of a partition can be trusted. */
  readonly onHalted: (partition: number, error: Error) => void;
}

/** The log that the configuration names, opened, with its copy or its file in the data directory. */
export async function openLog(env: RuntimeEnv, logger: Logger, events: LogEvents): Promise<IndexedWal> {
  const directory = join(env.INTENDANT_DATA_DIR, 'log');
  if (env.INTENDANT_WAL === 'sqlite') {
    const wal = new SqliteWal({ directory, partitionCount: env.INTENDANT_PARTITIONS, onFatal: events.onFatal });
    if (env.INTENDANT_REBUILD_STORE === '1') wal.rebuildStore();
    return wal;
  }
  const log = await openServers(env, logger);
  const wal = await RemoteWal.open({ directory, log, scheduler: systemScheduler, ...events });
  if (env.INTENDANT_REBUILD_STORE === '1') wal.rebuildStore();
  return wal;
}
