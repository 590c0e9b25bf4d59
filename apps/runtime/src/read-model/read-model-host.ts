import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@intendant/kernel';
import { type Logger, systemScheduler } from '@intendant/nest-kit';
import { PostgresReadModel } from '@intendant/read-model/postgres';
import type { IndexedWal } from '@intendant/wal';
import { type CopyOfLog, FollowedCopy } from '../platform/copy-of-log.js';
import { LaggingReadModel } from './lagging-read-model.js';
import { ProjectorChild } from './projector-child.js';

export interface ReadModelHostOptions {
  readonly databaseUrl: string;
  readonly logDirectory: string;
  readonly wal: IndexedWal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The read model of one Runtime: lists for the HTTP side, and the process that keeps them behind the log. */
export interface ReadModelHost {
  readonly lists: LaggingReadModel;
  /** Never waits for PostgreSQL. The log must be open; `copy` unless it is this process's alone. */
  start(copy: CopyOfLog | null): void;
  stop(): Promise<void>;
}

export function createReadModelHost(options: ReadModelHostOptions): ReadModelHost {
  const { databaseUrl, logDirectory, wal, clock, logger } = options;
  const model = new PostgresReadModel(databaseUrl, (error) =>
    logger.debug({ err: error }, 'idle connection of the read model lost'),
  );
  const projector = new ProjectorChild({ logDirectory, databaseUrl, logger, nowMs: () => clock.nowMs() });
  const lists = new LaggingReadModel({
    model,
    wal,
    clock,
    pause,
    report: () => projector.report,
    hurry: () => projector.hurry(),
    copyIsStale: () => copyHere?.isStale() === true,
  });
  let copyHere: CopyOfLog | null = null;
  let followed: FollowedCopy | null = null;
  return {
    lists,
    start: (copy) => {
      projector.start();
      if (copy === null) return;
      copyHere = copy;
      followed = new FollowedCopy(copy, projector, systemScheduler);
      followed.start();
    },
    stop: async () => {
      followed?.stop();
      await projector.stop();
      await model.close();
    },
  };
}
