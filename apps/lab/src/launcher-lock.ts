import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readIfPresent, readJsonIfWhole, writePrivately } from './private-files.js';
import { isAlive, type ProcessRecord, recordOf } from './processes/process-record.js';
import { AlreadyRunning } from './refusals.js';

interface LockContent extends ProcessRecord {
  url: string;
  /** Makes every lock ever written differ from every other. */
  nonce: string;
}

/** One launcher per data directory. A lock outlives a killed launcher and is then taken over. */
export class LauncherLock {
  private constructor(
    private readonly path: string,
    private readonly text: string,
    /** Set when the launcher before this one did not stop in order. */
    readonly takenOverFrom: number | undefined,
  ) {}

  /** Throws AlreadyRunning when a living launcher holds the directory. */
  static acquire(dataDir: string, url: string): LauncherLock {
    const path = join(dataDir, 'launcher.lock');
    const self = recordOf(process.pid) ?? { pid: process.pid, startMark: '' };
    const content: LockContent = { ...self, url, nonce: randomBytes(12).toString('hex') };
    const text = JSON.stringify(content);
    const draft = `${path}.${content.nonce}`;
    writePrivately(draft, text);
    try {
      let takenOverFrom: number | undefined;
      while (!linked(draft, path)) takenOverFrom = removeIfStale(path, dataDir) ?? takenOverFrom;
      return new LauncherLock(path, text, takenOverFrom);
    } finally {
      rmSync(draft, { force: true });
    }
  }

  release(): void {
    if (readIfPresent(this.path) === this.text) rmSync(this.path, { force: true });
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
function removeIfStale(path: string, dataDir: string): number | undefined {
  const seen = readIfPresent(path);
  if (seen === undefined) return undefined;
  const holder = readJsonIfWhole<LockContent>(path);
  if (holder && isAlive(holder)) throw new AlreadyRunning(dataDir, holder.pid, holder.url);
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
