import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Appender, entriesIn, eventually, rejectionOf, until } from '../test/appender.js';
import { openRedisFrameLog } from './open-redis-frame-log.js';
import { WAL_FUNCTIONS_VERSION } from './server/wal-functions.js';
import { describeWithRedis, type RunningRedis, startRedis } from './testing/index.js';

describeWithRedis('a server that is killed', () => {
  let server: RunningRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('keeps everything that was acknowledged, and is written again after a new claim only', async () => {
    const log = await openRedisFrameLog({ url: server.url, partitionCount: 2 });
    const promised = [];
    for (const nonce of ['a', 'b', 'c']) {
      const appender = await eventually(() => Appender.claim(log, 0, nonce));
      let failure: Error | null = null;
      let killed: Promise<void> | null = null;
      while (failure === null) {
        await appender.append(undefined, nonce).catch((error: Error) => {
          failure = error;
        });
        if (appender.acknowledged.length >= 100) killed ??= server.kill();
      }
      await killed;
      promised.push(...appender.acknowledged);
      await server.restart();
      const stored = await eventually(() => entriesIn(log));
      // one more may be there: written, but its answer never came
      expect(stored.slice(0, promised.length)).toEqual(promised);
      expect(stored.length - promised.length).toBeLessThanOrEqual(1);
      expect(await rejectionOf(appender.append(undefined, nonce))).toMatchObject({ name: 'ServerChanged' });
      expect(await entriesIn(log)).toEqual(stored);
      promised.splice(0, promised.length, ...stored);
    }
    await log.close();
  });

  it('leaves no doubt about an append that finds no server', async () => {
    const log = await openRedisFrameLog({ url: server.url, partitionCount: 2 });
    const appender = await Appender.claim(log, 1);
    await server.kill();
    await until(async () => (await rejectionOf(appender.append())).name === 'NotSent');
    await server.restart();
    expect(await eventually(() => entriesIn(log, 1))).toEqual([]);
    await log.close();
  });

  it('is the same log after it, with its functions', async () => {
    const log = await openRedisFrameLog({ url: server.url, partitionCount: 2 });
    await server.kill();
    await server.restart();
    const later = await openRedisFrameLog({ url: server.url, partitionCount: 2 });
    expect(later.logId).toBe(log.logId);
    expect(await server.command('FCALL_RO', 'intendant_wal_version', 0)).toBe(WAL_FUNCTIONS_VERSION);
    await Promise.all([log.close(), later.close()]);
  });
});
