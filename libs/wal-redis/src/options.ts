import type { ConnectionOptions } from 'node:tls';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Sentinels that know which server is the master at the moment. */
export interface SentinelOptions {
  /** Name under which the sentinels watch the master. */
  readonly name: string;
  readonly addresses: readonly ServerAddress[];
  readonly username?: string;
  readonly password?: string;
}

export interface RedisFrameLogOptions {
  /** `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS. Either this or `sentinel`. */
  readonly url?: string;
  readonly sentinel?: SentinelOptions;
  /** For the servers, when the URL does not carry them. */
  readonly username?: string;
  readonly password?: string;
  /** Certificates and the like. With sentinels, giving it (if only `{}`) turns TLS on for the servers and the sentinels. */
  readonly tls?: ConnectionOptions;
  /** First part of every key's name; one log per prefix and database. Default `intendant`. */
  readonly prefix?: string;
  /** Fixed when the log is created; an existing log of another count is refused. */
  readonly partitionCount: number;
  /** Replicas that must have received an append before it is acknowledged; the same for every process. Default 0. */
  readonly replicas?: number;
  /** How long these may take; must be shorter than `commandTimeoutMs`. Default 1000. */
  readonly confirmTimeoutMs?: number;
  /** After this a call whose answer is missing is given up, and so is its connection. Default 3000. */
  readonly commandTimeoutMs?: number;
  /** How often the servers' settings are looked at while the log is open. Default 3000. */
  readonly watchIntervalMs?: number;
}

/** The options with their defaults. */
export type RedisLogSettings = RedisFrameLogOptions &
  Required<
    Pick<RedisFrameLogOptions, 'prefix' | 'replicas' | 'confirmTimeoutMs' | 'commandTimeoutMs' | 'watchIntervalMs'>
  >;

/** Throws `RangeError` for options that contradict themselves. */
export function settingsOf(options: RedisFrameLogOptions): RedisLogSettings {
  const settings = {
    ...options,
    prefix: options.prefix ?? 'intendant',
    replicas: options.replicas ?? 0,
    confirmTimeoutMs: options.confirmTimeoutMs ?? 1_000,
    commandTimeoutMs: options.commandTimeoutMs ?? 3_000,
    watchIntervalMs: options.watchIntervalMs ?? 3_000,
  };
  const { partitionCount, replicas, prefix } = settings;
  if ((options.url === undefined) === (options.sentinel === undefined))
    throw new RangeError('redis log: give either url or sentinel');
  if (!Number.isSafeInteger(partitionCount) || partitionCount < 1)
    throw new RangeError(`redis log: partitionCount is ${partitionCount}, must be 1 or more`);
  if (!Number.isSafeInteger(replicas) || replicas < 0)
    throw new RangeError(`redis log: replicas is ${replicas}, must be 0 or more`);
  if (!/^[^{}\s]+$/.test(prefix)) throw new RangeError('redis log: prefix must be without braces and spaces');
  if (settings.confirmTimeoutMs >= settings.commandTimeoutMs || settings.confirmTimeoutMs < 1)
    throw new RangeError('redis log: confirmTimeoutMs must be at least 1 and shorter than commandTimeoutMs');
  return settings;
}
