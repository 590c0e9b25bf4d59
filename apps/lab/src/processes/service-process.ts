import type { ChildProcess } from 'node:child_process';
import type { HangPolicy } from './hang-watch.js';
import { type RestartPolicy, usualRestartPolicy } from './restart-policy.js';
import type { ProcessDefinition } from './supervised-process.js';

/** How long a service may take to finish what it has begun. */
export const DRAIN_GRACE_MS = 15_000;

export interface ServiceCommand {
  name: string;
  /** Absolute path of the compiled entry file. */
  entry: string;
  cwd: string;
  env: Record<string, string>;
  restart?: RestartPolicy;
  hang?: HangPolicy | undefined;
}

/** A Node service that tells its readiness over IPC, answers there that it lives, and drains on SIGTERM. */
export function serviceProcess({ name, entry, cwd, env, restart, hang }: ServiceCommand): ProcessDefinition {
  return {
    name,
    command: () => ({
      file: process.execPath,
      args: ['--enable-source-maps', entry],
      options: { cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    }),
    becameReady: readyMessage,
    stopSignal: 'SIGTERM',
    graceMs: DRAIN_GRACE_MS,
    restart: restart ?? usualRestartPolicy,
    hang,
  };
}

function readyMessage(child: ChildProcess, ended: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if ((message as { type?: unknown } | null)?.type === 'ready') resolve();
    });
    ended.addEventListener('abort', () => reject(new Error('ended before it was ready')));
  });
}
