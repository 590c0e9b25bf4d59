import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, hasServer } from '@intendant/nest-kit/testing/database';
import { describeReadModel, PARTITIONS, SampleLog } from '@intendant/read-model/testing';
import { SqliteLogReader, SqliteWal } from '@intendant/wal-sqlite';
import { describe, it } from '@jest/globals';

if (hasServer) {
  // Read as the projector does: beside the process that writes.
  describeReadModel('the embedded log', async () => {
    const server = await createTestDatabase('read_model');
    const directory = mkdtempSync(join(tmpdir(), 'intendant-lists-'));
    const onFatal = (error: Error): void => {
      throw error;
    };
    const wal = new SqliteWal({ directory, partitionCount: PARTITIONS, onFatal });
    const reader = new SqliteLogReader(directory);
    const end = async (): Promise<void> => {
      reader.close();
      await wal.close();
      rmSync(directory, { recursive: true, force: true });
      await server.drop();
    };
    return { log: new SampleLog(wal, reader), url: server.url, end };
  });
} else describe('lists of the embedded log', () => it.skip('need PostgreSQL', () => undefined));
