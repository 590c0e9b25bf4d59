import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonIfWhole, writePrivately } from '../private-files.js';
import { isAlive, type ProcessRecord, recordOf, signal, waitForEnd } from './process-record.js';

const fileIn = (dataDir: string): string => join(dataDir, 'processes.json');

/** Remembers the running processes, so that a launcher after a killed one can find what it left. */
export class ProcessRegister {
  readonly #records = new Map<string, ProcessRecord>();

  constructor(private readonly dataDir: string) {}

  started(name: string, pid: number): void {
    const record = recordOf(pid);
    if (record === undefined) return;
    this.#records.set(name, record);
    writePrivately(fileIn(this.dataDir), JSON.stringify(Object.fromEntries(this.#records)));
  }

  clear(): void {
    rmSync(fileIn(this.dataDir), { force: true });
  }
}

/** What the register of a data directory holds, whether it still runs or not. */
export const processesOf = (dataDir: string): Readonly<Record<string, ProcessRecord>> =>
  readJsonIfWhole<Record<string, ProcessRecord>>(fileIn(dataDir)) ?? {};

/** Ends what a killed launcher left running: asks, waits as long as a drain may take, then insists. */
export async function stopOrphans(dataDir: string, graceMs: number): Promise<string[]> {
  const orphans = Object.entries(processesOf(dataDir)).filter(([, record]) => isAlive(record));
  await Promise.all(
    orphans.map(async ([, record]) => {
      signal(record.pid, 'SIGTERM');
      if (await waitForEnd(record, graceMs)) return;
      signal(record.pid, 'SIGKILL');
      await waitForEnd(record, graceMs);
    }),
  );
  rmSync(fileIn(dataDir), { force: true });
  return orphans.map(([name, record]) => `${name} (pid ${record.pid})`);
}
