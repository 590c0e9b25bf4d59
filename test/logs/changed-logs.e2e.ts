import { mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LogCorrupt } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { openRedisFrameLog } from '@intendant/wal-redis';
import { freePort, type RunningRedis, type StartRedisOptions, startRedis } from '@intendant/wal-redis/testing';
import { afterEach, expect, it } from '@jest/globals';
import { describeOn, REDIS } from './log-servers.js';
import { type OpenedWal, openRemote, scratchDirectory } from './open-remote.js';
import { until } from './until.js';

const ENTRIES = 20;
/** As long as halting takes; longer than a machine stands still amid an append. */
const DOUBT_MS = 4_000;
const cleanUp: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0).reverse()) await one();
});

/** A server whose folder is known, so that its files can be changed while it is down. */
async function started(options: StartRedisOptions = {}): Promise<{ server: RunningRedis; directory: string }> {
  const scratch = scratchDirectory();
  cleanUp.push(() => scratch.remove());
  const directory = join(scratch.path, 'server');
  mkdirSync(directory);
  const server = await startRedis({ directory, ...options });
  cleanUp.push(() => server.stop());
  return { server, directory };
}

async function opened(url: string, copy: string): Promise<OpenedWal> {
  const one = await openRemote(await openRedisFrameLog({ url, partitionCount: 2 }), copy, DOUBT_MS);
  cleanUp.push(() => one.wal.close());
  return one;
}

/** A log with entries in partition 0, a claim in partition 1, a follower, and the folder of the writer's copy. */
async function written(server: RunningRedis) {
  const [copy, followed] = [scratchDirectory(), scratchDirectory()];
  cleanUp.push(
    () => copy.remove(),
    () => followed.remove(),
  );
  const writer = await opened(server.url, copy.path);
  const follower = await opened(server.url, followed.path);
  const book = new LogBook();
  await writer.wal.acquire(1);
  const lease = await writer.wal.acquire(0);
  for (let count = 0; count < ENTRIES; count += 1) await writer.wal.append(lease, [book.next(executionIn(0, count))]);
  await until(async () => (await follower.wal.tail(0)) === ENTRIES);
  return { writer, follower, lease, book, copy: copy.path };
}

/** Cuts the end of the append-only file off, as a disk does that lied about a sync. */
function cutTail(directory: string, bytes: number): void {
  const files = join(directory, 'appendonlydir');
  const last = join(files, readdirSync(files).find((name) => name.endsWith('.incr.aof')) as string);
  truncateSync(last, statSync(last).size - bytes);
}

describeOn(REDIS, 'a log that is not what was copied', () => {
  it('halts when it lost its last entries, for who holds the partition, who follows it, and who opens it', async () => {
    const { server, directory } = await started();
    const { writer, follower, lease, book, copy } = await written(server);
    await server.kill();
    cutTail(directory, 4_000);
    await server.restart();
    // nobody has claimed or written anything since
    await until(() => follower.halted.length > 0);
    await expect(writer.wal.append(lease, [book.next(executionIn(0, 99))])).rejects.toBeInstanceOf(LogCorrupt);
    const [[partition, finding]] = writer.halted as [[number, string]];
    expect(partition).toBe(0);
    const [, end, first] = /ends at (\d+)-\d .* up to 20-0: positions (\d+) to 20 of epoch 1$/.exec(finding) ?? [];
    expect(Number(end)).toBeLessThan(ENTRIES);
    expect(Number(first)).toBe(Number(end) + 1);
    expect(follower.halted).toEqual([[0, expect.stringContaining(`positions ${first} to 20 of epoch 1`)]]);
    await writer.wal.close();
    const again = await opened(server.url, copy);
    expect(again.halted).toEqual([[0, expect.stringContaining('lost what was copied up to 20-0')]]);
    await expect(again.wal.acquire(0)).rejects.toBeInstanceOf(LogCorrupt);
    await expect(again.wal.acquire(1)).resolves.toMatchObject({ partition: 1 });
  });

  it('halts when a replica is promoted that lacks what was acknowledged, for holder and follower, and names it', async () => {
    const { server } = await started();
    const replica = await started({ replicaOf: server.port });
    const { writer, follower, lease, book } = await written(server);
    const ends = async (one: RunningRedis) =>
      Promise.all(
        ['frames', 'seen'].map((what) => one.command('XREVRANGE', `{intendant}:0:${what}`, '+', '-', 'COUNT', 1)),
      );
    await until(async () => isDeepStrictEqual(await ends(replica.server), await ends(server)));
    // what it got with its first copy of everything is in its file only after that
    const isFiled = async () => !/aof_rewrite_\w+:1/.test(String(await replica.server.command('INFO', 'persistence')));
    await until(isFiled);
    // from here on it receives nothing, and nobody has asked for its confirmation
    await replica.server.command('REPLICAOF', '127.0.0.1', await freePort());
    const missing = [1, 2, 3].map((count) => book.next(executionIn(0, ENTRIES + count)));
    for (const entry of missing) await writer.wal.append(lease, [entry]);
    await until(async () => (await follower.wal.tail(0)) === ENTRIES + missing.length);
    await server.kill();
    await replica.server.kill();
    const { directory } = replica;
    const promoted = await started({ directory, port: server.port, replicaOf: replica.server.port });
    await promoted.server.command('REPLICAOF', 'NO', 'ONE');

    await until(() => follower.halted.length > 0);
    await expect(writer.wal.append(lease, [book.next(executionIn(0, 99))])).rejects.toBeInstanceOf(LogCorrupt);
    const finding = expect.stringMatching(/ends at 20-\d and lost .* up to 23-0: positions 21 to 23 of epoch 1$/);
    expect(writer.halted).toEqual([[0, finding]]);
    expect(follower.halted).toEqual([[0, finding]]);
    // which had its claim already
    await expect(follower.wal.acquire(1)).resolves.toMatchObject({ partition: 1 });
  });

  it('halts when another server answers at its address, for holder and follower', async () => {
    const { server } = await started();
    const { writer, follower, lease, book, copy } = await written(server);
    const { url, port } = server;
    await server.kill();
    await started({ port });
    const append = writer.wal.append(lease, [book.next(executionIn(0, 99))]);
    await expect(append).rejects.toBeInstanceOf(LogCorrupt);
    expect(writer.halted).toEqual([
      [0, expect.stringMatching(/^the log is gone, it was .*; the copy here has positions 1 to 20$/)],
    ]);
    await until(() => follower.halted.length === 2);
    await writer.wal.close();
    const again = await opened(url, copy);
    expect(again.halted.map(([partition]) => partition)).toEqual([0, 1]);
    expect(again.halted[0]?.[1]).toMatch(/^this is a copy of the log .*, the servers hold /);
  });

  it('halts when it was emptied under everybody’s open connections, for followers, too', async () => {
    const { server } = await started();
    const { follower } = await written(server);
    await server.command('FLUSHALL');
    await until(() => follower.halted.length === 2);
    expect(follower.halted[0]?.[1]).toMatch(/^the log is gone, it was .*; the copy here has positions 1 to 20$/);
  });

  it('is no other one because its end is not shown yet, as by a replica that was promoted', async () => {
    const { server } = await started();
    const { writer, copy, book } = await written(server);
    await writer.wal.close();
    await server.command('DEL', '{intendant}:0:seen');
    await server.command('XADD', '{intendant}:0:seen', '19-0', 's', '');
    const again = await opened(server.url, copy);
    expect(again.halted).toEqual([]);
    const lease = await again.wal.acquire(0);
    expect(await again.wal.append(lease, [book.next(executionIn(0, 99))])).toEqual([21]);
  });

  it('halts at a gap and names what is missing', async () => {
    const { server } = await started();
    await written(server);
    await server.command('XDEL', '{intendant}:0:frames', '7-0', '8-0');
    const fresh = scratchDirectory();
    cleanUp.push(() => fresh.remove());
    const reader = await opened(server.url, fresh.path);
    await expect(reader.wal.acquire(0)).rejects.toBeInstanceOf(LogCorrupt);
    expect(reader.halted).toEqual([[0, expect.stringMatching(/6-0: frames between it and 9-0 are missing/)]]);
    await expect(reader.wal.acquire(1)).resolves.toMatchObject({ partition: 1 });
  });
});
