import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithRedis, type RunningRedis, redisForTests, startRedis } from './index.js';

describeWithRedis('a server that was given to the specs', () => {
  let server: RunningRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('goes on afterwards with what others have there, and nothing else', async () => {
    const [one, other] = [await redisForTests(server.url), await redisForTests(server.url)];
    await server.command('SET', 'of somebody', 1);
    await other.command('SET', `{${other.prefix}}:meta`, 1);
    for (let n = 0; n < 50; n += 1) await one.command('SET', `{${one.prefix}}:${n}:head`, n);
    await one.stop();
    expect(((await server.command('KEYS', '*')) as string[]).sort()).toEqual(
      ['of somebody', `{${other.prefix}}:meta`].sort(),
    );
  });
});
