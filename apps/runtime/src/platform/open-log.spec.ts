import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotStartNow, ConfigError, createLogger, type Logger } from '@intendant/nest-kit';
import { describeWithRedis, type RunningRedis, startRedis } from '@intendant/wal-redis/testing';
import { LOG_FILE, logDirectoryIn, SqliteWal } from '@intendant/wal-sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RuntimeEnv } from '../config.js';
import { openLog } from './open-log.js';

const EVENTS = {
  onFatal: () => undefined,
  onLost: () => undefined,
  onHalted: () => undefined,
  onTornTail: () => undefined,
};

describeWithRedis('a log on servers that keep too little', () => {
  let redis: RunningRedis;
  let directory: string;
  beforeAll(async () => {
    redis = await startRedis();
    directory = mkdtempSync(join(tmpdir(), 'intendant-open-'));
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const refusal = (databaseUrl?: string): Promise<unknown> => {
    const env = { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: redis.url, INTENDANT_REDIS_PREFIX: 'p' };
    const database = { INTENDANT_DATABASE_URL: databaseUrl };
    const settings = {
      ...env,
      ...database,
      INTENDANT_DATA_DIR: directory,
      INTENDANT_PARTITIONS: 2,
      INTENDANT_REDIS_REPLICAS: 0,
    };
    return openLog(settings as unknown as RuntimeEnv, createLogger('test', 'error'), EVENTS, null).catch(
      (error: unknown) => error,
    );
  };

  it('is a problem of the configuration, with every setting, what it is and what it must be', async () => {
    await redis.command('CONFIG', 'SET', 'appendfsync', 'everysec', 'maxmemory-policy', 'allkeys-lru');
    const error = await refusal();
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems).toEqual([
      'INTENDANT_WAL=redis: on the servers appendfsync is everysec, must be always',
      'INTENDANT_WAL=redis: on the servers maxmemory-policy is allkeys-lru, must be noeviction',
    ]);
  });

  it('is none when they are out of reach, or no master yet: that may pass', async () => {
    await redis.command('CONFIG', 'SET', 'appendfsync', 'always', 'maxmemory-policy', 'noeviction');
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    const place = `INTENDANT_REDIS_URL: 127.0.0.1:${redis.port} cannot be used: `;
    const cause = expect.objectContaining({ name: 'NotMaster' });
    expect(await refusal()).toMatchObject({ name: 'CannotStartNow', message: expect.stringContaining(place), cause });
    await redis.command('REPLICAOF', 'NO', 'ONE');
    const database = await refusal('postgres://app:secret@127.0.0.1:1/intendant');
    expect(database).toBeInstanceOf(CannotStartNow);
    expect((database as Error).message).toBe(
      'INTENDANT_DATABASE_URL: 127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1',
    );
    await redis.kill();
    const away = (await refusal()) as Error;
    expect(away).toBeInstanceOf(CannotStartNow);
    expect(away.message.startsWith(place)).toBe(true);
  });
});

describe('a log on servers that are out of reach', () => {
  it.each([
    [{ INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: 'redis://app:secret@127.0.0.1:1' }, 'REDIS_URL: 127.0.0.1:1'],
    [
      { INTENDANT_WAL: 'redis', INTENDANT_REDIS_SENTINELS: [{ host: '127.0.0.1', port: 1 }] },
      'REDIS_SENTINELS: 127.0.0.1:1',
    ],
  ])('is named when a start fails, and how one logs in there is not', async (settings, named) => {
    const env = { ...settings, INTENDANT_DATA_DIR: '/nowhere', INTENDANT_PARTITIONS: 1, INTENDANT_REDIS_REPLICAS: 0 };
    const error = (await openLog(env as unknown as RuntimeEnv, createLogger('test', 'error'), EVENTS, null).catch(
      (failure: unknown) => failure,
    )) as Error;
    expect(error).toBeInstanceOf(CannotStartNow);
    expect(error.message).toContain(`INTENDANT_${named} cannot be used: `);
    expect(error.message).not.toContain('secret');
  });
});

describe('a log in a file whose last write a crash tore', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intendant-torn-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** How often the metric would rise, and the warnings, when the log of this data directory is opened. */
  async function told(dataDirectory: string): Promise<[count: number, warnings: readonly unknown[]]> {
    const warnings: unknown[] = [];
    let count = 0;
    const onTornTail = (): void => {
      count += 1;
    };
    const logger = { warn: (fields: unknown) => void warnings.push(fields) } as unknown as Logger;
    const env = { INTENDANT_WAL: 'sqlite', INTENDANT_DATA_DIR: dataDirectory, INTENDANT_PARTITIONS: 1 };
    const wal = await openLog(env as RuntimeEnv, logger, { ...EVENTS, onTornTail }, null);
    await wal.close();
    return [count, warnings];
  }

  it('is told of with the bytes that are lost and counted, once: nobody would know of it otherwise', async () => {
    const written = join(directory, 'written');
    const crashed = join(directory, 'crashed');
    const wal = new SqliteWal({ directory: logDirectoryIn(written), partitionCount: 1, onFatal: EVENTS.onFatal });
    await wal.acquire(0);
    cpSync(written, crashed, { recursive: true });
    await wal.close();
    appendFileSync(`${join(logDirectoryIn(crashed), LOG_FILE)}-wal`, 'half a frame');
    expect(await told(crashed)).toEqual([1, [{ bytes: 12 }]]);
    expect(await told(crashed)).toEqual([0, []]);
    expect(await told(written)).toEqual([0, []]);
  });
});
