import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readIfPresent } from '../private-files.js';
import { recordOf, signal, waitForEnd } from '../processes/process-record.js';

const fileIn = (data: string): string => join(data, 'postmaster.pid');

/** The pid and state a running server keeps in its data directory. */
export function postmaster(data: string): { pid: number; state: string } | undefined {
  const lines = readIfPresent(fileIn(data))?.split('\n');
  const pid = Number(lines?.[0]);
  return lines && Number.isInteger(pid) && pid > 0 ? { pid, state: lines[7]?.trim() ?? '' } : undefined;
}

/** Stops a server that a killed launcher left behind; true when there was one. */
export async function stopOrphanServer(data: string, graceMs: number): Promise<boolean> {
  const found = postmaster(data);
  if (!found) return false;
  const record = recordOf(found.pid);
  const isServer = record !== undefined && serves(found.pid, data);
  if (isServer) {
    signal(found.pid, 'SIGINT'); // fast shutdown: ends the sessions, writes everything
    if (!(await waitForEnd(record, graceMs))) {
      signal(found.pid, 'SIGQUIT'); // immediate: the next start recovers from the log
      await waitForEnd(record, graceMs);
    }
  }
  // Left when the server was killed; its pid may by now be another program's, which PostgreSQL would take for itself.
  rmSync(fileIn(data), { force: true });
  return isServer;
}

/** Whether the process is the server of these files. Another program has the pid of one that was killed, sooner or later. */
function serves(pid: number, data: string): boolean {
  if (process.platform === 'win32') return true; // tells no command lines
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout.includes(` -D ${data} -p `);
  }
  const args = commandLineOf(pid);
  const at = args.indexOf('-D');
  if (at === -1) return false;
  // It works in the directory of its files, which tells them also after that was moved.
  return isSameDirectory(args[at + 1] ?? '', data) || isSameDirectory(`/proc/${pid}/cwd`, data);
}

function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function isSameDirectory(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false; // gone, or out of our reach
  }
}
