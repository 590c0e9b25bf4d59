import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Appender, allIn, rejectionOf } from '../test/appender.js';
import { openRedisFrameLog } from './open-redis-frame-log.js';
import { describeWithRedisForTests, type RedisForTests, redisForTests } from './testing/index.js';

describeWithRedisForTests('two writers of one partition', () => {
  let server: RedisForTests;
  const open = (name: string) =>
    openRedisFrameLog({ url: server.url, partitionCount: 2, prefix: `${server.prefix}-${name}` });
  beforeAll(async () => {
    server = await redisForTests();
  });
  afterAll(() => server.stop());

  it('the server itself refuses the deposed one, of whom nothing is stored', async () => {
    const [old, fresh] = [await open('one'), await open('one')];
    const deposed = await Appender.claim(old, 0, 'a');
    await deposed.append();
    const holder = await Appender.claim(fresh, 0, 'b');
    const stored = await allIn(fresh);
    expect(await rejectionOf(deposed.append())).toMatchObject({ name: 'Fenced' });
    expect(await allIn(fresh)).toEqual(stored);
    await holder.append(undefined, 'b');
    expect(await rejectionOf(deposed.append(deposed.frames(2)))).toMatchObject({ name: 'Fenced' });
    expect(await allIn(fresh)).toHaveLength(stored.length + 1);
    await Promise.all([old.close(), fresh.close()]);
  });

  it('a claim of the same epoch with another nonce is not the one that is open', async () => {
    const log = await open('two');
    const appender = await Appender.claim(log, 0, 'a');
    await server.command('HSET', `{${server.prefix}-two}:0:head`, 'nonce', 'b');
    expect(await rejectionOf(appender.append())).toMatchObject({ name: 'Fenced' });
    expect(await allIn(log)).toHaveLength(1);
    await log.close();
  });

  it('claims at the same time get epochs of their own, and only the last of them may append', async () => {
    const logs = await Promise.all(['a', 'b', 'c', 'd'].map(() => open('three')));
    const claims = await Promise.all(logs.map((log, index) => log.claim(1, 0, `n-${index}`)));
    expect(claims.map(({ epoch }) => epoch).sort((left, right) => left - right)).toEqual([1, 2, 3, 4]);
    expect(claims.map(({ cursor }) => cursor).sort()).toEqual(['0-1', '0-2', '0-3', '0-4']);
    for (const { epoch, cursor } of claims) expect(cursor).toBe(`0-${epoch}`);
    for (const log of logs) await log.close();
  });
});
