import { UnfitLog } from '@intendant/wal';
import { Redis, type RedisOptions } from 'ioredis';
import { NotMaster } from '../errors.js';
import type { RedisLogSettings } from '../options.js';
import { refusalOf } from './answers.js';
import { WAL_FUNCTIONS, WAL_FUNCTIONS_VERSION } from './wal-functions.js';

/** A connection to the master, as long as it lasts; it never comes back by itself. */
export interface LiveServer {
  readonly redis: Redis;
  /** Another one means another process or another history: the server was started anew, or a replica was promoted. */
  readonly identity: string;
}

/** Nothing is sent twice and nothing waits for a connection: what became of a lost command is for its caller to find out. */
const NOTHING_TWICE = {
  lazyConnect: true,
  retryStrategy: null,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  autoResendUnfulfilledCommands: false,
  disableClientInfo: true,
} satisfies RedisOptions;

/** Connects to the master with the log's functions in it. `blockMs` is how long a command may block beyond the timeout. */
export async function connectToMaster(settings: RedisLogSettings, blockMs = 0): Promise<LiveServer> {
  const redis = clientOf(settings, blockMs);
  let trouble: Error | null = null;
  redis.on('error', (error: Error) => {
    trouble = error;
  });
  try {
    await redis.connect();
    const identity = await identityOfMaster(redis);
    await ensureFunctions(redis);
    return { redis, identity };
  } catch (error) {
    disconnect(redis);
    throw refusalOf(error) === null && trouble !== null ? trouble : error;
  }
}

/** Ends a connection; ioredis would leave a timer behind for one that has ended by itself. */
export function disconnect(redis: Redis): void {
  if (redis.status !== 'end' && redis.status !== 'close') redis.disconnect();
}

function clientOf(settings: RedisLogSettings, blockMs: number): Redis {
  const { url, sentinel, username, password, tls, commandTimeoutMs } = settings;
  const options: RedisOptions = {
    ...NOTHING_TWICE,
    commandTimeout: commandTimeoutMs + blockMs,
    connectTimeout: commandTimeoutMs,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
  };
  if (sentinel === undefined) return new Redis(url as string, options);
  return new Redis({
    ...options,
    sentinels: [...sentinel.addresses],
    name: sentinel.name,
    sentinelRetryStrategy: () => null,
    sentinelCommandTimeout: commandTimeoutMs,
    ...(sentinel.username !== undefined && { sentinelUsername: sentinel.username }),
    ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
    ...(tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
  });
}

/** Throws when the server is no master, as a sentinel's answer may be out of date. */
async function identityOfMaster(redis: Redis): Promise<string> {
  const info = await serverInfo(redis);
  if (info.role !== 'master') throw new NotMaster(info.role);
  return `${info.run_id}/${info.master_replid}`;
}

/** Every field of INFO that is told unasked, and those of one more section. */
export async function serverInfo(redis: Redis, section = 'default'): Promise<Readonly<Record<string, string>>> {
  const text = await redis.info('default', section).catch((error: unknown) => {
    throw forbidden(error, 'INFO') ?? error;
  });
  return Object.fromEntries([...text.matchAll(/^([\w|]+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]));
}

/** The clear word for a command that the server keeps from us, or null when that is not what happened. */
export function forbidden(error: unknown, command: string): UnfitLog | null {
  const refusal = refusalOf(error);
  if (refusal === null) return null;
  if (refusal.code !== 'NOPERM' && !/unknown (sub)?command/i.test(refusal.text)) return null;
  return new UnfitLog([
    `${command} is refused (${refusal.code} ${refusal.text.slice(0, 120)}), must be allowed: without it nobody can tell what the server keeps`,
  ]);
}

async function ensureFunctions(redis: Redis): Promise<void> {
  if ((await functionsVersion(redis)) >= WAL_FUNCTIONS_VERSION) return;
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', WAL_FUNCTIONS).catch((error: unknown) => {
    throw forbidden(error, 'FUNCTION LOAD') ?? error;
  });
}

/** 0 when there are none. */
async function functionsVersion(redis: Redis): Promise<number> {
  try {
    return Number(await redis.call('FCALL_RO', 'intendant_wal_version', 0));
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== null && /function not found/i.test(refusal.text)) return 0;
    if (refusal !== null && /unknown command/i.test(refusal.text))
      throw new UnfitLog(['the server knows no functions, must be Redis 7.0 or later']);
    throw forbidden(error, 'FCALL_RO') ?? error;
  }
}
