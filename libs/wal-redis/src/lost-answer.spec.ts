import { type PlacedFrame, START_CURSOR } from '@intendant/wal';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Appender, allIn, entriesIn, eventually, rejectionOf, until } from '../test/appender.js';
import { openRedisFrameLog } from './open-redis-frame-log.js';
import type { RedisFrameLog } from './redis-frame-log.js';
import { type CutProxy, describeWithRedis, type RunningRedis, startCutProxy, startRedis } from './testing/index.js';

/** As long as the test takes; longer than a machine stands still amid a command. */
const HASTY = { commandTimeoutMs: 3_000, confirmTimeoutMs: 1_000 };

describeWithRedis('an answer that never comes', () => {
  let server: RunningRedis;
  let proxy: CutProxy;
  let log: RedisFrameLog;
  beforeEach(async () => {
    server = await startRedis();
    proxy = await startCutProxy(server.port);
    log = await openRedisFrameLog({ url: proxy.url, partitionCount: 2 });
  });
  afterEach(async () => {
    await log.close();
    await proxy.close();
    await server.stop();
  });

  it('leaves an append in doubt; the same frames again count as written once', async () => {
    const appender = await Appender.claim(log);
    await appender.append();
    const frames = appender.frames(3);
    const cut = proxy.cutAfterApplied('intendant_wal_append');
    const failure = await rejectionOf(appender.append(frames));
    await cut;
    expect(failure.name).toBe('Error');
    expect((await entriesIn(log)).slice(1)).toEqual(frames);
    expect(await appender.append(frames)).toEqual(['2-0', '3-0', '4-0']);
    await appender.append();
    expect(await entriesIn(log)).toEqual(appender.acknowledged);
  });

  it('does not let other frames pass for those that were written', async () => {
    const appender = await Appender.claim(log);
    const cut = proxy.cutAfterApplied('intendant_wal_append');
    await rejectionOf(appender.append(appender.frames(1)));
    await cut;
    const [other] = appender.frames(1, 5_000);
    expect(await rejectionOf(appender.append([other as never]))).toMatchObject({ name: 'LogCorrupt' });
  });

  it('leaves a claim in doubt; the next one is above it', async () => {
    const cut = proxy.cutAfterApplied('intendant_wal_claim');
    expect((await rejectionOf(log.claim(1, 0, 'a'))).name).toBe('Error');
    await cut;
    expect(await log.claim(1, 0, 'b')).toEqual({ epoch: 2, cursor: '0-2' });
    expect((await allIn(log, 1)).map(({ cursor }) => cursor)).toEqual(['0-1', '0-2']);
  });

  it('interrupts followers, who miss nothing and hear nothing twice', async () => {
    const heard: PlacedFrame[] = [];
    const troubles: (Error | null)[] = [];
    const stop = log.follow(0, START_CURSOR, {
      onFrames: (frames) => void heard.push(...frames),
      onTrouble: (error) => void troubles.push(error),
    });
    const direct = await openRedisFrameLog({ url: server.url, partitionCount: 2 });
    const appender = await Appender.claim(direct);
    for (let round = 1; round <= 3; round += 1) {
      await appender.append(appender.frames(700));
      proxy.cutAll();
      await appender.append();
      await until(() => troubles.length >= round * 2 && troubles.at(-1) === null);
    }
    await appender.append();
    await until(() => heard.length >= 2_105);
    expect(heard).toEqual(await allIn(direct));
    expect(troubles[0]).toBeInstanceOf(Error);
    await stop();
    await direct.close();
  });

  it('is given up after its time when the server is frozen, and what it wrote meanwhile is fenced by a claim', async () => {
    const hasty = await openRedisFrameLog({ url: server.url, partitionCount: 2, ...HASTY });
    const appender = await Appender.claim(hasty);
    server.freeze();
    expect((await rejectionOf(appender.append())).message).toMatch(/timed out/);
    server.thaw();
    const next = await eventually(() => Appender.claim(hasty, 0, 'b'));
    expect(await rejectionOf(appender.append())).toMatchObject({ name: 'Fenced' });
    await next.append(undefined, 'b');
    const frames = await allIn(hasty);
    expect(frames.slice(-2).map(({ frame }) => frame.kind)).toEqual(['claim', 'entry']);
    await hasty.close();
  });
});
