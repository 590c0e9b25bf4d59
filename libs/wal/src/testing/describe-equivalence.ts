import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryWal } from '../memory-wal.js';
import { logCommand, outcomeOf } from './log-commands.js';
import { WAL_PARTITIONS, type WalSuite } from './wal-suite.js';

export function describeEquivalence(create: WalSuite['create']): void {
  it('answers and keeps the same as the reference, byte for byte, whatever is asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(logCommand, { maxLength: 30 }), async (commands) => {
        const bench = await create();
        const wal = await bench.open();
        try {
          expect(await outcomeOf(wal, commands)).toEqual(await outcomeOf(new MemoryWal(WAL_PARTITIONS), commands));
        } finally {
          await wal.close();
          await bench.destroy();
        }
      }),
      { numRuns: 25 },
    );
  });
}
