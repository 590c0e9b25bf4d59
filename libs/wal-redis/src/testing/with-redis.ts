import { randomUUID } from 'node:crypto';
import { describe } from '@jest/globals';
import { commandAt } from './command-at.js';
import { redisInstalled } from './server-process.js';
import { type RunningRedis, startRedis } from './start-redis.js';

type Suite = (name: string, suite: () => void) => void;

const canStart = redisInstalled() || Boolean(process.env['CI']);
const givenUrl = process.env['INTENDANT_TEST_REDIS_URL'] ?? '';

/**
 * A suite that needs a real Redis. Without one it is skipped on a developer's machine and fails where `CI` is set;
 * `npm run services -- up redis` installs it there.
 */
export const describeWithRedis: Suite = canStart ? describe : describe.skip;

/** A suite that only uses a server, see {@link redisForTests}. */
export const describeWithRedisForTests: Suite = canStart || givenUrl !== '' ? describe : describe.skip;

/** A server that others may use, too: every key of a spec has the prefix in its name. */
export interface RedisForTests extends Pick<RunningRedis, 'url' | 'command' | 'stop'> {
  readonly prefix: string;
}

/** The server that INTENDANT_TEST_REDIS_URL names, which is left without the spec's keys, else one that is started for this spec file. */
export async function redisForTests(url = givenUrl): Promise<RedisForTests> {
  const prefix = `intendant-test-${randomUUID()}`;
  if (url === '') return { ...(await startRedis()), prefix };
  const command: RunningRedis['command'] = (name, ...args) => commandAt(url, name, args);
  return { url, prefix, command, stop: () => removeKeys(command, `*${prefix}*`) };
}

async function removeKeys(command: RunningRedis['command'], pattern: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = (await command('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1_000)) as [string, string[]];
    if (keys.length > 0) await command('UNLINK', ...keys);
    cursor = next;
  } while (cursor !== '0');
}
