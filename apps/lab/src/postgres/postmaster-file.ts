import { readFileSync, rmSync } from 'node:fs';
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
  const isServer = record !== undefined && looksLikePostgres(found.pid);
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

function looksLikePostgres(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}
