import { afterEach, beforeEach, describe } from '@jest/globals';
import type { Wal } from '../wal.js';
import { describeAppends } from './describe-appends.js';
import { describeEquivalence } from './describe-equivalence.js';
import { describeLeases } from './describe-leases.js';
import { describeReads } from './describe-reads.js';
import { describeReopening } from './describe-reopening.js';
import type { OpenWal, WalBench, WalSuite } from './wal-suite.js';

/** The contract of {@link Wal}: every backend must pass it, and gives the same bytes for the same commands. */
export function describeWal(name: string, suite: WalSuite): void {
  describe(`write-ahead log: ${name}`, () => {
    let bench: WalBench;
    let wal: Wal;
    beforeEach(async () => {
      bench = await suite.create();
      wal = await bench.open();
    });
    afterEach(async () => {
      await wal.close();
      await bench.destroy();
    });
    const open: OpenWal = {
      wal: () => wal,
      reopen: async () => {
        await wal.close();
        wal = await bench.open();
        return wal;
      },
    };
    describeAppends(open);
    describeLeases(open);
    describeReads(open);
    describeEquivalence(suite.create);
    if (suite.persistent) describeReopening(open);
  });
}
