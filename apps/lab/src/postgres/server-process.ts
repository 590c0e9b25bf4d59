import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { RestartPolicy } from '../processes/restart-policy.js';
import type { ProcessDefinition } from '../processes/supervised-process.js';
import { databaseEnvironment } from './cluster-creation.js';
import type { DatabaseUser } from './database-user.js';
import { postmaster } from './postmaster-file.js';

const POLL_MS = 10;

export interface ServerPlan {
  data: string;
  program: string;
  port: number;
  user: DatabaseUser;
  restart: RestartPolicy;
}

/** The database server as a supervised process. It listens on 127.0.0.1 only and has no socket file. */
export function serverProcess({ data, program, port, user, restart }: ServerPlan): ProcessDefinition {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'on',
    synchronous_commit: 'on',
    log_min_error_statement: 'panic', // statements may carry data, and logs should not
    log_line_prefix: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  const switches = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const options: SpawnOptions = {
    ...user,
    cwd: '/',
    env: databaseEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  };
  return {
    name: 'postgres',
    command: () => ({ file: program, args: ['-D', data, '-p', String(port), ...switches], options }),
    becameReady: (child, ended) => readyState(data, child, ended),
    stopSignal: 'SIGINT',
    graceMs: 15_000,
    restart,
  };
}

/** The server writes `ready` into its own pid file. */
async function readyState(data: string, child: ChildProcess, ended: AbortSignal): Promise<void> {
  for (;;) {
    const state = postmaster(data);
    if (state?.pid === child.pid && state?.state === 'ready') return;
    await delay(POLL_MS, undefined, { signal: ended });
  }
}
