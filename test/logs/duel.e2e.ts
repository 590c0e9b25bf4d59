import { performance } from 'node:perf_hooks';
import { duel } from '@intendant/wal-remote/testing';
import { afterEach, expect, it } from '@jest/globals';
import { CuttingProxy } from './cutting-proxy.js';
import { describeOn, KAFKA, REDIS } from './log-servers.js';
import { freshName, type OpenedWal, openRemote, scratchDirectory } from './open-remote.js';
import { chosenSeed, seeded } from './seeded.js';

const ACKNOWLEDGED = Number(process.env['INTENDANT_TEST_DUEL_ENTRIES'] ?? 100_000);
const CUT_SHARE = 0.5;
const PLAN = { partition: 1, acknowledged: ACKNOWLEDGED, width: 256, reign: 2_000 };

const cleanUp: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0).reverse()) await one();
});

for (const backend of [REDIS, KAFKA])
  describeOn(backend, 'two owners that depose one another, with connections cut under half of the writes', () => {
    it('keep every acknowledged entry exactly once, at the position that was told', async () => {
      const seed = chosenSeed();
      const proxy = await CuttingProxy.listen(seeded(seed), backend.isWrite);
      cleanUp.push(() => proxy.close());
      const server = await backend.start(2, proxy);
      cleanUp.push(() => server.stop());
      const name = freshName();
      const open = async (isImpatient = true): Promise<OpenedWal> => {
        const copy = scratchDirectory();
        cleanUp.push(() => copy.remove());
        const opened = await openRemote(await server.open(name, isImpatient), copy.path);
        cleanUp.push(() => opened.wal.close());
        return opened;
      };
      const contenders = [await open(), await open()] as const;
      proxy.share = CUT_SHARE;
      const startedAt = performance.now();
      const judge = async () => {
        proxy.share = 0;
        return (await open(false)).wal;
      };
      const report = await duel({ contenders: [contenders[0].wal, contenders[1].wal], judge, ...PLAN });
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      const { writes, cuts } = proxy;
      console.info(JSON.stringify({ backend: backend.name, seed, seconds, writes, cuts, ...report }));
      expect(report.acknowledged).toBeGreaterThanOrEqual(ACKNOWLEDGED);
      expect(report.entriesInLog).toBeGreaterThanOrEqual(report.acknowledged);
      expect(report.claims).toBeGreaterThan(ACKNOWLEDGED / PLAN.reign / 2);
      expect(cuts / writes).toBeGreaterThan(CUT_SHARE * 0.8);
      for (const { halted } of contenders) expect(halted).toEqual([]);
    }, 900_000);
  });
