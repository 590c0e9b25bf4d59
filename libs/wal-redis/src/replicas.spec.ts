import { START_CURSOR } from '@intendant/wal';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Appender, allIn, entriesIn, eventually, rejectionOf, until } from '../test/appender.js';
import { openRedisFrameLog } from './open-redis-frame-log.js';
import { describeWithRedis, type RunningRedis, startRedis, startSentinels, WATCHED_NAME } from './testing/index.js';

const WITH_ONE = { 'min-replicas-to-write': '1' };
const CONFIRM_MS = 4_000;
const ONE_CONFIRMS = { partitionCount: 1, replicas: 1, confirmTimeoutMs: CONFIRM_MS, commandTimeoutMs: 8_000 };

describeWithRedis('a replica that has to confirm', () => {
  let master: RunningRedis;
  let replica: RunningRedis;
  beforeEach(async () => {
    master = await startRedis({ settings: WITH_ONE });
    replica = await startRedis({ replicaOf: master.port });
    await until(async () => Number(await master.command('WAIT', 1, 100)) === 1);
  });
  afterEach(async () => {
    await replica.stop();
    await master.stop();
  });

  it('is waited for; frozen it leaves the append in doubt, which readers see only when a claim settles it', async () => {
    const log = await openRedisFrameLog({ url: master.url, ...ONE_CONFIRMS });
    const appender = await Appender.claim(log);
    await appender.append();
    expect(await replica.command('XLEN', '{intendant}:0:frames')).toBe(2);
    replica.freeze();
    const failure = await rejectionOf(appender.append());
    expect(failure.message).toBe(`0 of 1 replicas confirmed within ${CONFIRM_MS} ms`);
    expect(await master.command('XLEN', '{intendant}:0:frames')).toBe(3);
    expect(await entriesIn(log)).toEqual(appender.acknowledged);
    expect(await log.end(0)).toBe('1-0');
    // which is no doubt about a place that somebody knows
    expect((await log.at(0, '2-0'))?.frame).toMatchObject({ position: 2 });
    replica.thaw();
    const next = await eventually(() => Appender.claim(log, 0, 'b'));
    expect((await entriesIn(log)).map(({ position }) => position)).toEqual([1, 2]);
    await next.append(undefined, 'b');
    expect(await log.end(0)).toBe('3-0');
    await log.close();
  });

  it('is missed when it is gone', async () => {
    const log = await openRedisFrameLog({ url: master.url, ...ONE_CONFIRMS, watchIntervalMs: 50 });
    await replica.kill();
    await until(() => log.unfit() !== null);
    expect(log.unfit()).toContain('0 of 1 replicas');
    await replica.restart();
    await until(() => log.unfit() === null);
    await log.close();
  });
});

describeWithRedis('a failover', () => {
  const running: { stop(): Promise<void> }[] = [];
  const kept = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.unshift(one);
    return one;
  };
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });

  it('keeps every acknowledged frame when two of three have to have it, and asks for a new claim', async () => {
    const master = kept(await startRedis({ settings: WITH_ONE }));
    for (let count = 0; count < 2; count += 1) kept(await startRedis({ replicaOf: master.port, settings: WITH_ONE }));
    await until(async () => Number(await master.command('WAIT', 2, 100)) === 2);
    const sentinels = kept(await startSentinels(master.port));
    await until(() => sentinels.knowEachOther());
    const sentinel = { name: WATCHED_NAME, addresses: sentinels.addresses };
    const log = await openRedisFrameLog({ sentinel, ...ONE_CONFIRMS, watchIntervalMs: 100 });

    const heard: number[] = [];
    const stop = log.follow(0, START_CURSOR, {
      onFrames: (frames) => {
        for (const { frame } of frames) if (frame.kind === 'entry') heard.push(frame.position);
      },
      onTrouble: () => undefined,
    });
    const before = await Appender.claim(log);
    for (let count = 0; count < 300; count += 1) await before.append();
    await master.kill();
    await rejectionOf(before.append());
    const after = await eventually(() => Appender.claim(log, 0, 'b'));
    expect(await rejectionOf(before.append())).toMatchObject({ name: 'Fenced' });
    for (let count = 0; count < 50; count += 1) await after.append(undefined, 'b');

    const stored = await entriesIn(log);
    expect(stored.slice(0, 300)).toEqual(before.acknowledged);
    expect(stored.slice(-50)).toEqual(after.acknowledged);
    const { length } = await allIn(log);
    expect(length).toBe(stored.length + 2);
    await until(() => heard.length >= stored.length);
    expect(heard).toEqual(stored.map(({ position }) => position));
    await stop();
    await log.close();
  });
});
