import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readIfPresent, readJsonIfWhole, writePrivately } from './private-files.js';
import { isAlive, type ProcessRecord, recordOf, waitForEnd } from './processes/process-record.js';
import { AlreadyRunning } from './refusals.js';

interface LockContent extends ProcessRecord {
  url: string;
  /** Makes every lock ever written differ from every other. */
  nonce: string;
  /** Set while the launcher stops: who comes next may wait for it. */
  stopping?: true;
}

/** Longer than the slowest drain in order. */
const STOPPING_WAIT_MS = 60_000;

const pathIn = (dataDir: string): string => join(dataDir, 'launcher.lock');

/** The launcher that runs on a data directory now. */
export function launcherOf(dataDir: string): { readonly pid: number; readonly url: string } | undefined {
  const holder = readJsonIfWhole<LockContent>(pathIn(dataDir));
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

/** One launcher per data directory. A lock outlives a killed launcher and is then taken over. */
export class LauncherLock {
  #text: string;

  private constructor(
    private readonly path: string,
    private readonly content: LockContent,
    /** Set when the launcher before this one did not stop in order. */
    readonly takenOverFrom: number | undefined,
  ) {
    this.#text = JSON.stringify(content);
  }

  /** Waits for a launcher that is stopping; throws AlreadyRunning when one runs on. */
  static async acquire(dataDir: string, url: string): Promise<LauncherLock> {
    const path = pathIn(dataDir);
    const self = recordOf(process.pid) ?? { pid: process.pid, startMark: '' };
    const content: LockContent = { ...self, url, nonce: randomBytes(12).toString('hex') };
    const draft = `${path}.${content.nonce}`;
    writePrivately(draft, JSON.stringify(content));
    try {
      let takenOverFrom: number | undefined;
      while (!linked(draft, path)) takenOverFrom = (await removeIfStale(path, dataDir)) ?? takenOverFrom;
      return new LauncherLock(path, content, takenOverFrom);
    } finally {
      rmSync(draft, { force: true });
    }
  }

  markStopping(): void {
    if (!this.#isOurs()) return;
    this.#text = JSON.stringify({ ...this.content, stopping: true });
    writePrivately(this.path, this.#text);
  }

  release(): void {
    if (this.#isOurs()) rmSync(this.path, { force: true });
  }

  #isOurs(): boolean {
    return readIfPresent(this.path) === this.#text;
  }
}

/** A hard link appears with its whole content or not at all, and only one process can make it. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

/** Moves a dead launcher's lock away and tells its pid; throws when the launcher lives. */
async function removeIfStale(path: string, dataDir: string): Promise<number | undefined> {
  const seen = readIfPresent(path);
  if (seen === undefined) return undefined;
  const holder = readJsonIfWhole<LockContent>(path);
  if (holder && isAlive(holder)) {
    if (holder.stopping && (await waitForEnd(holder, STOPPING_WAIT_MS))) return undefined;
    throw new AlreadyRunning(dataDir, holder.pid, holder.url);
  }
  const aside = `${path}.${randomBytes(12).toString('hex')}`;
  try {
    renameSync(path, aside);
    // Another starter may have taken over between the look and the move: then its lock was moved, and goes back.
    if (readIfPresent(aside) !== seen) linked(aside, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  } finally {
    rmSync(aside, { force: true });
  }
  return holder?.pid;
}
