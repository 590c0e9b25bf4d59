import { setTimeout as delay } from 'node:timers/promises';
import { launcherOf } from '../launcher-lock.js';
import { Refusal } from '../refusals.js';
import { processesOf } from './orphans.js';
import { isAlive, signal } from './process-record.js';

/** A process that a running launcher looks after, found from outside of it. */
export interface RunningService {
  readonly pid: number;
  /** `kill -9`. Resolves with the pid of the process that the launcher started in its place. */
  killAndAwaitNext(timeoutMs?: number): Promise<number>;
}

const NEXT_WITHIN_MS = 60_000;
const POLL_MS = 50;

/**
 * Finds a service of the cluster that runs on a data directory and answers at `url`, by what its launcher wrote down.
 * Refuses unless the launcher lives, is the one of that URL, and the process is the very one it started: a pid that
 * another program has by now is never handed out.
 */
export function runningService(dataDir: string, url: string, name: string): RunningService {
  const launcher = launcherOf(dataDir);
  if (launcher === undefined)
    throw new Refusal(`No launcher runs on ${dataDir}: nothing there would start ${name} again.`);
  if (new URL(launcher.url).host !== new URL(url).host)
    throw new Refusal(`The cluster on ${dataDir} answers at ${launcher.url}, not at ${url}.`);
  const living = () => {
    const record = processesOf(dataDir)[name];
    return record !== undefined && isAlive(record) ? record : undefined;
  };
  const found = living();
  if (found === undefined) throw new Refusal(`The launcher on ${dataDir} runs no ${name} now.`);
  return {
    pid: found.pid,
    killAndAwaitNext: async (timeoutMs = NEXT_WITHIN_MS) => {
      if (isAlive(found)) signal(found.pid, 'SIGKILL');
      for (const endMs = Date.now() + timeoutMs; Date.now() < endMs; await delay(POLL_MS)) {
        const next = living();
        if (next !== undefined && next.startMark !== found.startMark) return next.pid;
      }
      throw new Refusal(`${name} was not started again within ${timeoutMs} ms.`);
    },
  };
}
