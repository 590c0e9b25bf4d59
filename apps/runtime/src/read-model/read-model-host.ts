import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import { PostgresReadModel } from '@intendant/read-model/postgres';
import type { Wal } from '@intendant/wal';
import { LaggingReadModel } from './lagging-read-model.js';
import { ProjectorChild } from './projector-child.js';

export interface ReadModelHostOptions {
  readonly databaseUrl: string;
  readonly logDirectory: string;
  readonly wal: Wal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The read model of one Runtime: lists for the HTTP side, and the process that keeps them behind the log. */
export interface ReadModelHost {
  readonly lists: LaggingReadModel;
  /** Never waits for PostgreSQL. The log must be open. */
  start(): void;
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
  });
  return {
    lists,
    start: () => projector.start(),
    stop: async () => {
      await projector.stop();
      await model.close();
    },
  };
}
