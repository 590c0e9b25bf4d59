import type { Redis } from 'ioredis';
import { type AppendOnlyFile, appendOnlyFileAfter } from './append-only-file.js';
import { forbidden, serverInfo } from './connect.js';

/** What a look at the server found. */
export interface ServerState {
  /** As `LiveServer.identity`. */
  readonly identity: string;
  readonly isMaster: boolean;
  /** Settings that keep less than the log promises, one sentence each; the log is not opened on such a server. */
  readonly settingProblems: readonly string[];
  /** Why it takes no appends at the moment: what an operator cures without changing settings. */
  readonly troubles: readonly string[];
  readonly appendOnlyFile: AppendOnlyFile;
}

const REQUIRED: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'always',
  'no-appendfsync-on-rewrite': 'no',
  'maxmemory-policy': 'noeviction',
};
const MIN_REPLICAS = 'min-replicas-to-write';

/** Looks at settings and state, `before` being what the last look found; throws `UnfitLog` when the server does not tell them. */
export async function lookAt(redis: Redis, replicas: number, before: ServerState | null): Promise<ServerState> {
  const [info, config] = await Promise.all([serverInfo(redis, 'commandstats'), configOf(redis)]);
  const settingProblems = Object.entries(REQUIRED)
    .filter(([name, value]) => config[name] !== value)
    .map(([name, value]) => `${name} is ${config[name] ?? 'unknown'}, must be ${value}`);
  if (Number(config[MIN_REPLICAS] ?? 0) < replicas)
    settingProblems.push(
      `${MIN_REPLICAS} is ${config[MIN_REPLICAS] ?? 'unknown'}, must be ${replicas} or more, since ${replicas} replicas are to confirm`,
    );
  const isOn = config['appendonly'] === REQUIRED['appendonly'];
  const appendOnlyFile = appendOnlyFileAfter(before?.appendOnlyFile ?? null, info, isOn);
  const troubles = troublesIn(info, replicas);
  if (isOn && !appendOnlyFile.isWhole)
    troubles.push(
      'the append-only file is being rewritten, and a crash before that has ended may lose what is written',
    );
  return {
    identity: `${info['run_id']}/${info['master_replid']}`,
    isMaster: info['role'] === 'master',
    settingProblems,
    troubles,
    appendOnlyFile,
  };
}

function troublesIn(info: Readonly<Record<string, string>>, replicas: number): string[] {
  const troubles: string[] = [];
  if (info['role'] !== 'master') troubles.push(`role is ${info['role']}, must be master`);
  const [used, most] = [Number(info['used_memory']), Number(info['maxmemory'])];
  if (most > 0 && used >= most) troubles.push(`memory is full: ${used} of ${most} bytes are used`);
  if (info['aof_last_write_status'] === 'err') troubles.push('the append-only file cannot be written');
  const connected = Number(info['connected_slaves'] ?? 0);
  if (connected < replicas) troubles.push(`${connected} of ${replicas} replicas that are to confirm are connected`);
  return troubles;
}

async function configOf(redis: Redis): Promise<Readonly<Record<string, string>>> {
  const pairs = (await redis.config('GET', ...Object.keys(REQUIRED), MIN_REPLICAS).catch((error: unknown) => {
    throw forbidden(error, 'CONFIG GET') ?? error;
  })) as string[];
  return Object.fromEntries(pairs.flatMap((name, at) => (at % 2 === 0 ? [[name, pairs[at + 1] as string]] : [])));
}
