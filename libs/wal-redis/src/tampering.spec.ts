import { START_CURSOR } from '@intendant/wal';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Appender, allIn, rejectionOf, until } from '../test/appender.js';
import { openRedisFrameLog } from './open-redis-frame-log.js';
import type { RedisFrameLog } from './redis-frame-log.js';
import { describeWithRedis, type RunningRedis, startRedis } from './testing/index.js';

const FRAMES = '{intendant}:0:frames';
const HEAD = '{intendant}:0:head';
const SEEN = '{intendant}:0:seen';

describeWithRedis('a server that others write to', () => {
  let server: RunningRedis;
  let log: RedisFrameLog;
  let appender: Appender;
  beforeEach(async () => {
    server = await startRedis();
    log = await openRedisFrameLog({ url: server.url, partitionCount: 2 });
    appender = await Appender.claim(log);
    await appender.append(appender.frames(5));
  });
  afterEach(async () => {
    await log.close();
    await server.stop();
  });

  it.each([
    ['emptied', ['FLUSHALL'], /the log is gone/],
    ['without the frames', ['DEL', FRAMES], /positions 1 to 5 are lost$/],
    ['without the head', ['DEL', HEAD], /its head is gone$/],
    ['without the partition', ['DEL', FRAMES, HEAD, SEEN], /its head is gone$/],
    ['without its last frame', ['XDEL', FRAMES, '5-0'], /at 4-0, it was at 5-0: positions 5 to 5 are lost$/],
    ['without its last frames', ['XDEL', FRAMES, '3-0', '4-0', '5-0'], /positions 3 to 5 are lost$/],
    ['cut to nothing', ['XTRIM', FRAMES, 'MAXLEN', '0'], /positions 1 to 5 are lost$/],
    ['with a foreign frame', ['XADD', FRAMES, '*', 'f', 'x'], /it was at 5-0$/],
    ['with an older epoch', ['HSET', HEAD, 'epoch', '0'], /its epoch is 0/],
  ])('is noticed when it is %s, and what is lost is named', async (_name, [command, ...args], finding) => {
    await server.command(command as string, ...args);
    const failure = await rejectionOf(appender.append());
    expect(failure).toMatchObject({ name: 'LogCorrupt' });
    expect(failure.message).toContain('partition 0');
    expect(failure.message).toMatch(finding);
  });

  it.each([
    ['claims only', () => log.claim(0, 1, 'b'), '5-1', /at 5-0, it was at 5-1: claims behind position 5 are lost$/],
    ['nothing that was dropped with consent', () => log.trim(0, '4-0'), '5-0', /positions 4 to 5 are lost$/],
  ])('names %s when no more is lost', async (_what, before, last, finding) => {
    await before();
    if (last === '5-1') await server.command('XDEL', FRAMES, last);
    else await server.command('XTRIM', FRAMES, 'MAXLEN', '0');
    expect((await rejectionOf(log.end(0))).message).toMatch(finding);
  });

  it('names what its readers were shown and is gone', async () => {
    await server.command('XDEL', FRAMES, '4-0', '5-0');
    await server.command('HSET', HEAD, 'position', '3', 'last', '3-0');
    expect((await rejectionOf(log.end(0))).message).toMatch(/were shown 5-0: positions 4 to 5 are lost$/);
  });

  it.each([
    ['emptied', ['FLUSHALL']],
    ['without the partition', ['DEL', FRAMES, HEAD, SEEN]],
  ])('is never begun anew when it was %s: claims and readers notice it too', async (_name, [command, ...args]) => {
    await server.command(command as string, ...args);
    expect(await rejectionOf(log.claim(0, 0, 'b'))).toMatchObject({ name: 'LogCorrupt' });
    expect(await rejectionOf(allIn(log))).toMatchObject({ name: 'LogCorrupt' });
    expect(await rejectionOf(log.end(0))).toMatchObject({ name: 'LogCorrupt' });
  });

  it.each([
    ['its first frames', ['XTRIM', FRAMES, 'MINID', '=', '3-0']],
    ['a frame in the middle', ['XDEL', FRAMES, '3-0']],
  ])('shows its readers that it lacks %s', async (_name, [command, ...args]) => {
    await server.command(command as string, ...args);
    expect(await rejectionOf(allIn(log))).toMatchObject({ name: 'LogCorrupt' });
  });

  it('shows its readers a frame that was changed', async () => {
    await server.command('HSET', HEAD, 'position', '6', 'last', '6-0');
    await server.command('XADD', FRAMES, '6-0', 'f', 'not a frame');
    await server.command('XADD', SEEN, '6-0', 's', '');
    expect(await rejectionOf(log.at(0, '6-0'))).toMatchObject({ name: 'LogCorrupt' });
  });

  it('gets its functions back when it lost them', async () => {
    await server.command('FUNCTION', 'FLUSH');
    expect((await rejectionOf(appender.append())).message).toMatch(/function not found/i);
    await appender.append();
    expect((await allIn(log)).at(-1)?.cursor).toBe('6-0');
  });

  it('tells followers that the log is gone', async () => {
    const troubles: (Error | null)[] = [];
    const listener = { onFrames: () => undefined, onTrouble: (error: Error | null) => void troubles.push(error) };
    const stop = log.follow(0, START_CURSOR, listener);
    await server.command('DEL', FRAMES);
    await server.command('XADD', SEEN, '6-0', 's', '');
    await until(() => troubles.length > 0);
    expect(troubles).toEqual([expect.objectContaining({ name: 'LogCorrupt' })]);
    await stop();
  });

  it('tells a reader that comes too late what was dropped, and where the log begins', async () => {
    await log.trim(0, '3-0');
    const failure = await rejectionOf(log.read(0, START_CURSOR, 10));
    expect(failure).toMatchObject({ name: 'Trimmed' });
    expect(failure.message).toContain('frames before 3-0 were dropped');
    expect(await rejectionOf(log.at(0, '1-0'))).toMatchObject({ name: 'Trimmed' });
    expect((await log.read(0, '2-0', 10)).map(({ cursor }) => cursor)).toEqual(['3-0', '4-0', '5-0']);
  });

  it.each([
    ['from the start, when claims were before the first entry', START_CURSOR, '1-0'],
    ['behind an entry, when claims stood between it and the next', '5-0', '6-0'],
    ['behind one of those claims', '5-1', '6-0'],
  ])('tells a reader so that goes on %s', async (_where, after, kept) => {
    const other = await Appender.claim(log, 0, 'b', 1);
    await log.claim(0, 2, 'c').then(({ cursor }) => expect(cursor).toBe('5-2'));
    expect(other.claimed.cursor).toBe('5-1');
    const last = await Appender.claim(log, 0, 'd', 3);
    await last.append(undefined, 'd');
    await log.trim(0, kept);
    expect(await rejectionOf(log.read(0, after, 10))).toMatchObject({ name: 'Trimmed', before: kept });
    expect((await log.read(0, '5-3', 10)).map(({ cursor }) => cursor)).toEqual(['6-0']);
  });

  it('lets a reader go on that has read everything that was dropped', async () => {
    await log.trim(0, '4-0');
    expect(await log.read(0, '3-0', 10)).toHaveLength(2);
  });

  it('is read on as before where an earlier version has trimmed it', async () => {
    await log.trim(0, '4-0');
    await server.command('HDEL', HEAD, 'dropped');
    expect(await log.read(0, '3-0', 10)).toHaveLength(2);
    expect(await rejectionOf(log.read(0, '2-0', 10))).toMatchObject({ name: 'Trimmed', before: '4-0' });
  });

  it('keeps the last frame however much is to be dropped, in steps', async () => {
    const other = await Appender.claim(log, 1);
    for (let round = 0; round < 5; round += 1) await other.append(other.frames(5_000));
    await log.trim(1, '999999');
    expect((await log.read(1, '24999-0', 10)).map(({ cursor }) => cursor)).toEqual(['25000-0']);
    expect(await server.command('XLEN', '{intendant}:1:frames')).toBe(1);
    await other.append();
  });

  it('is refused as a log of another partition count, with both', async () => {
    const failure = await rejectionOf(openRedisFrameLog({ url: server.url, partitionCount: 3 }));
    expect(failure).toMatchObject({ name: 'UnlikeLog' });
    expect(failure.message).toMatch(/count 2, .* 3$/);
  });

  it('is refused as a log of another format, with both', async () => {
    await server.command('HSET', '{intendant}:meta', 'format', '9');
    const failure = await rejectionOf(openRedisFrameLog({ url: server.url, partitionCount: 2 }));
    expect(failure.message).toMatch(/format 9, .* 1$/);
  });
});
