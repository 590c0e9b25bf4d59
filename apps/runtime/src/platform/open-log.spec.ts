import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, createLogger } from '@intendant/nest-kit';
import { describeWithRedis, type RunningRedis, startRedis } from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RuntimeEnv } from '../config.js';
import { openLog } from './open-log.js';

const EVENTS = { onFatal: () => undefined, onLost: () => undefined, onHalted: () => undefined };

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

  const refusal = (): Promise<unknown> => {
    const env = { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: redis.url, INTENDANT_REDIS_PREFIX: 'p' };
    const settings = { ...env, INTENDANT_DATA_DIR: directory, INTENDANT_PARTITIONS: 2, INTENDANT_REDIS_REPLICAS: 0 };
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
    expect(await refusal()).toMatchObject({ name: 'NotMaster' });
    await redis.kill();
    expect(await refusal()).not.toBeInstanceOf(ConfigError);
  });
});
