import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWal } from '@intendant/wal/contract-suite';
import { WAL_PARTITIONS } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { failOnFatal, withLog } from '../test/temporary-log.js';
import { SqliteWal } from './sqlite-wal.js';

describeWal('sqlite', {
  create: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sqlite-wal-'));
    return {
      open: async () => new SqliteWal({ directory, partitionCount: WAL_PARTITIONS, onFatal: failOnFatal }),
      destroy: async () => rmSync(directory, { recursive: true }),
    };
  },
  persistent: true,
});

describe('the SQLite log', () => {
  it('says what it promises', () =>
    withLog(async ({ open }) => {
      const wal = open();
      expect(wal.describe()).toMatchObject({ backend: 'sqlite', survivesPowerLoss: true });
      expect(wal.closedBecause).toBeNull();
      await wal.close();
      expect(wal.closedBecause).toBe('closed');
    }));

  it('keeps the number of partitions and the name it was made with', () =>
    withLog(async ({ open }) => {
      const first = open({ partitionCount: 4 });
      const { logId } = first;
      await first.close();
      const second = open({ partitionCount: 32 });
      expect([second.partitionCount, second.logId]).toEqual([4, logId]);
    }));
});
