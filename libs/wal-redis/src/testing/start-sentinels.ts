import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerAddress } from '../options.js';
import { commandAt } from './command-at.js';
import { freePort, type ServerProcess, startProgram } from './server-process.js';

/** Under which the sentinels know the master. */
export const WATCHED_NAME = 'intendant';

export interface RunningSentinels {
  readonly addresses: readonly ServerAddress[];
  /** Whether each of them knows both others and two replicas: before that they cannot agree on a new master. */
  knowEachOther(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Three sentinels of which two decide that the master is gone, after five seconds without an answer: a master on a busy machine is not gone. */
export async function startSentinels(masterPort: number): Promise<RunningSentinels> {
  const directory = mkdtempSync(join(tmpdir(), 'intendant-sentinels-'));
  const ports = [await freePort(), await freePort(), await freePort()];
  const processes: ServerProcess[] = [];
  for (const port of ports) {
    // a sentinel writes what it learns into its file
    const file = join(directory, `${port}.conf`);
    writeFileSync(file, configuration(port, masterPort, directory));
    processes.push(await startProgram('redis-sentinel', [file]));
  }
  return {
    addresses: ports.map((port) => ({ host: '127.0.0.1', port })),
    knowEachOther: async () => {
      const answers = await Promise.all(ports.map((port) => masterSeenBy(port)));
      return answers.every((seen) => seen.includes('slaves=2') && seen.includes('sentinels=3'));
    },
    stop: async () => {
      for (const sentinel of processes) await sentinel.end('SIGTERM');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The sentinel's line about the master. */
async function masterSeenBy(port: number): Promise<string> {
  const info = await commandAt(`redis://127.0.0.1:${port}`, 'INFO', ['sentinel']).catch(() => '');
  return /^master0:.*$/m.exec(String(info))?.[0] ?? '';
}

const configuration = (port: number, masterPort: number, directory: string): string =>
  [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor ${WATCHED_NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${WATCHED_NAME} 5000`,
    `sentinel failover-timeout ${WATCHED_NAME} 3000`,
    '',
  ].join('\n');
