import { describe, expect, it } from '@jest/globals';
import { MemoryWal } from './memory-wal.js';
import { describeWal } from './testing/contract-suite.js';
import { WAL_PARTITIONS } from './testing/index.js';

describeWal('memory', {
  create: async () => ({ open: async () => new MemoryWal(WAL_PARTITIONS), destroy: async () => undefined }),
  persistent: false,
});

describe('the memory log', () => {
  it('says that it keeps nothing', () => {
    expect(new MemoryWal().describe()).toMatchObject({
      backend: 'memory',
      survivesPowerLoss: false,
      partitionCount: 16,
    });
  });
});
