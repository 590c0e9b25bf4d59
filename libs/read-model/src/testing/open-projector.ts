import type { DataSource } from 'typeorm';
import { openMigrated } from '../database.js';
import type { ProjectedLog } from '../projection-track.js';
import { Projector } from '../projector.js';

export interface OpenProjector {
  readonly projector: Projector;
  readonly database: DataSource;
  /** Applies until there is nothing more. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/** A projector on a connection of its own, as a process has one. */
export async function openProjector(url: string, log: ProjectedLog): Promise<OpenProjector> {
  const database = await openMigrated({
    url,
    applicationName: 'projector-test',
    connectionsMax: 2,
    statementMs: 20_000,
    synchronousCommit: false,
    onConnectionLost: () => undefined,
  });
  try {
    const projector = await Projector.resume(log, database.createQueryRunner());
    return {
      projector,
      database,
      catchUp: async () => {
        while ((await projector.applyNext()) > 0);
      },
      close: () => database.destroy(),
    };
  } catch (error) {
    await database.destroy();
    throw error;
  }
}
