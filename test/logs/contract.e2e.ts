import { describeWal } from '@intendant/wal/contract-suite';
import { WAL_PARTITIONS } from '@intendant/wal/testing';
import { afterAll, beforeAll } from '@jest/globals';
import { describeOn, KAFKA, type LogServer, REDIS } from './log-servers.js';
import { freshName, openRemote, scratchDirectory } from './open-remote.js';

for (const backend of [REDIS, KAFKA])
  describeOn(backend, 'the contract of the log', () => {
    let server: LogServer;
    beforeAll(async () => {
      server = await backend.start(WAL_PARTITIONS);
    });
    afterAll(() => server.stop());

    describeWal(`remote, over ${backend.name}`, {
      persistent: true,
      create: async () => {
        const name = freshName();
        const copy = scratchDirectory();
        return {
          open: async () => (await openRemote(await server.open(name), copy.path)).wal,
          destroy: async () => copy.remove(),
        };
      },
    });
  });
