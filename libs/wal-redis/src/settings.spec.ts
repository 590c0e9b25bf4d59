import type { UnfitLog } from '@intendant/wal';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Appender, entriesIn, rejectionOf, until } from '../test/appender.js';
import { openRedisFrameLog } from './open-redis-frame-log.js';
import { describeWithRedis, type RunningRedis, startRedis } from './testing/index.js';

const GOOD: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'always',
  'no-appendfsync-on-rewrite': 'no',
  'maxmemory-policy': 'noeviction',
  'min-replicas-to-write': '0',
  maxmemory: '0',
  'rdb-key-save-delay': '0',
};
/** For each key that is written, so that a rewrite takes longer than anything that is done meanwhile. */
const SLOW_US = 1_000_000;

describeWithRedis('settings', () => {
  let server: RunningRedis;
  const set = (settings: Readonly<Record<string, string>>) =>
    server.command('CONFIG', 'SET', ...Object.entries(settings).flat());
  const open = (more: { prefix?: string; replicas?: number; url?: string; watchIntervalMs?: number } = {}) =>
    openRedisFrameLog({ url: server.url, partitionCount: 2, watchIntervalMs: 50, ...more });
  beforeAll(async () => {
    server = await startRedis();
  });
  const isRewritten = async () =>
    /aof_rewrite_(in_progress|scheduled):1/.test(String(await server.command('INFO', 'persistence')));
  afterEach(async () => {
    // ends a rewrite that would take too long
    await set({ appendonly: 'no' });
    await set(GOOD);
    await until(async () => !(await isRewritten()));
  });
  afterAll(() => server.stop());

  it.each([
    ['appendonly', 'no', 'appendonly is no, must be yes'],
    ['appendfsync', 'everysec', 'appendfsync is everysec, must be always'],
    ['no-appendfsync-on-rewrite', 'yes', 'no-appendfsync-on-rewrite is yes, must be no'],
    ['maxmemory-policy', 'allkeys-lru', 'maxmemory-policy is allkeys-lru, must be noeviction'],
  ])('refuses %s %s', async (name, value, problem) => {
    await set({ [name]: value });
    expect(((await rejectionOf(open())) as UnfitLog).problems).toEqual([problem]);
  });

  it('names every problem at once, with replicas also how many must be there', async () => {
    await set({ appendonly: 'no', appendfsync: 'no', 'maxmemory-policy': 'volatile-ttl' });
    const refusal = (await rejectionOf(open({ replicas: 2 }))) as UnfitLog;
    expect(refusal.name).toBe('UnfitLog');
    expect(refusal.problems).toHaveLength(4);
    expect(refusal.problems[3]).toContain('min-replicas-to-write is 0, must be 2 or more');
  });

  it('refuses a server that is no master', async () => {
    const replica = await startRedis({ replicaOf: server.port });
    const refusal = await rejectionOf(open({ url: replica.url }));
    expect(refusal.message).toContain('role is slave, must be master');
    await replica.stop();
  });

  it('are watched: while they are too weak nothing is written, and when they are right again it goes on', async () => {
    const log = await open();
    expect(log.describe().durability).toContain('No replica confirms it: a failover may lose what was acknowledged');
    const appender = await Appender.claim(log, 1);
    await appender.append();
    await set({ appendfsync: 'everysec' });
    await until(() => log.unfit() !== null);
    const problem = 'appendfsync is everysec, must be always';
    expect(log.unfit()).toBe(problem);
    expect(log.refusal()?.problems).toEqual([problem]);
    expect(await rejectionOf(appender.append())).toMatchObject({ name: 'UnfitLog', problems: [problem] });
    expect(await rejectionOf(log.claim(1, 1, 'b'))).toMatchObject({ name: 'UnfitLog' });
    expect(await entriesIn(log, 1)).toEqual(appender.acknowledged);
    await set({ appendfsync: 'always' });
    await until(() => log.unfit() === null);
    await appender.append();
    expect(await entriesIn(log, 1)).toEqual(appender.acknowledged);
    await log.close();
  });

  it('are right again when the file that appendonly begins is complete, and not before: a crash would lose what is written', async () => {
    const log = await open({ prefix: 'begun' });
    const appender = await Appender.claim(log);
    await appender.append();
    await set({ appendonly: 'no' });
    await set({ appendonly: 'yes', 'rdb-key-save-delay': `${SLOW_US}` });
    const problem =
      'the append-only file is being rewritten, and a crash before that has ended may lose what is written';
    await until(() => log.unfit() === problem);
    expect(await rejectionOf(appender.append())).toMatchObject({ name: 'UnfitLog', problems: [problem] });
    await server.kill();
    await server.restart();
    await until(() => log.unfit() === null);
    expect(await entriesIn(log)).toEqual(appender.acknowledged);
    await set({ appendonly: 'no' });
    await until(() => log.unfit() !== null);
    await set({ appendonly: 'yes' });
    await until(() => log.unfit() === null);
    expect(await isRewritten()).toBe(false);
    await log.close();
  });

  it('are as right as before while Redis rewrites a file that was complete', async () => {
    await set({ 'rdb-key-save-delay': `${SLOW_US}` });
    const log = await open({ prefix: 'complete' });
    const appender = await Appender.claim(log);
    await server.command('BGREWRITEAOF');
    const looks = async () =>
      Number(/cmdstat_config\|get:calls=(\d+)/.exec(String(await server.command('INFO', 'commandstats')))?.[1]);
    const enough = (await looks()) + 3;
    await until(async () => (await looks()) >= enough);
    expect(await isRewritten()).toBe(true);
    expect(log.unfit()).toBeNull();
    await appender.append();
    await log.close();
  });

  it('says so when the server tells too little about itself, or knows us not', async () => {
    const as = (user: string, password = 'secret') => `redis://${user}:${password}@127.0.0.1:${server.port}`;
    await server.command('ACL', 'SETUSER', 'log', 'on', '>secret', '~*', '+@all');
    await server.command('ACL', 'SETUSER', 'noinfo', 'on', '>secret', '~*', '+@all', '-info');
    await server.command('ACL', 'SETUSER', 'noconfig', 'on', '>secret', '~*', '+@all', '-config');
    await (await open({ url: as('log') })).close();
    expect((await rejectionOf(open({ url: as('noinfo') }))).message).toMatch(/INFO is refused .* must be allowed/);
    expect((await rejectionOf(open({ url: as('noconfig') }))).message).toMatch(/CONFIG GET is refused/);
    expect((await rejectionOf(open({ url: as('log', 'wrong') }))).message).toContain('WRONGPASS');
  });

  it('refuse an append that finds no memory left, of which nothing is stored', async () => {
    // the refusal comes before a look at the server
    const log = await open({ watchIntervalMs: 600_000 });
    const appender = await Appender.claim(log);
    await appender.append();
    await set({ maxmemory: '1mb' });
    const failure = await rejectionOf(appender.append(appender.frames(50, 100_000)));
    expect(failure).toMatchObject({ name: 'UnfitLog', message: expect.stringContaining('OOM') });
    expect(log.unfit()).toContain('OOM');
    expect(await entriesIn(log)).toEqual(appender.acknowledged);
    await set({ maxmemory: '0' });
    await until(() => log.unfit() === null);
    await appender.append();
    expect(await entriesIn(log)).toEqual(appender.acknowledged);
    await log.close();
  });

  it.each([
    [{}, 'either url or sentinel'],
    [{ url: 'redis://127.0.0.1', partitionCount: 0 }, 'partitionCount is 0'],
    [{ url: 'redis://127.0.0.1', replicas: -1 }, 'replicas is -1'],
    [{ url: 'redis://127.0.0.1', prefix: 'a{b}' }, 'prefix'],
    [{ url: 'redis://127.0.0.1', confirmTimeoutMs: 3_000 }, 'confirmTimeoutMs'],
  ])('refuses options that contradict themselves: %j', async (options, message) => {
    expect((await rejectionOf(openRedisFrameLog({ partitionCount: 2, ...options }))).message).toContain(message);
  });
});
