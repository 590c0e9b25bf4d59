import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithRedis, startRedis } from '@intendant/wal-redis/testing';
import { expect, it } from '@jest/globals';
import { startFaultyCluster, TENANT } from '../faults/faulty-cluster.js';

describeWithRedis('servers that were emptied', () => {
  it('hold another log: a Runtime without a copy refuses it, until that very log is accepted', async () => {
    const redis = await startRedis();
    const env = { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: redis.url };
    const first = await startFaultyCluster({ env });
    const { dataDir } = first.lab;
    try {
      await first.lab.stop();
      await redis.command('FLUSHALL');
      rmSync(join(dataDir, 'log'), { recursive: true });
      const lines: string[] = [];
      const refused = startFaultyCluster({ env, dataDir, onLine: (line) => lines.push(line) });
      await expect(refused).rejects.toThrow('runtime refused its configuration');
      const said = lines.join('\n');
      expect(said).toContain('the servers hold the log');
      const accepted = /INTENDANT_ACCEPT_LOG=([\w-]+)/.exec(said)?.[1];
      const again = await startFaultyCluster({ env: { ...env, INTENDANT_ACCEPT_LOG: accepted }, dataDir });
      const analyst = await again.user(TENANT, 'analyst', 'analyst');
      expect((await analyst.get('/health/live')).status).toBe(200);
      await again.lab.destroy();
    } finally {
      await first.lab.destroy();
      await redis.stop();
    }
  });
});
