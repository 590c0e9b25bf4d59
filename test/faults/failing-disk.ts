import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./native/failing-disk.c', import.meta.url));

/** What fails: syncs with EIO, or writes with ENOSPC; the first of them only, or all of them until it is mended. */
export type DiskFault = 'sync once' | 'sync' | 'write once' | 'write';

/** A disk that fails on command under the log of a process that is started with {@link env}. */
export class FailingDisk {
  readonly #directory = mkdtempSync(join(tmpdir(), 'intendant-disk-'));
  readonly #library = join(this.#directory, 'failing-disk.so');
  readonly #order = join(this.#directory, 'order');

  constructor() {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', this.#library, SOURCE, '-ldl'], { stdio: 'pipe' });
  }

  get env(): Readonly<Record<string, string>> {
    return { LD_PRELOAD: this.#library, FAILING_DISK: this.#order };
  }

  /** From the next write or sync on. */
  fail(fault: DiskFault): void {
    rmSync(`${this.#order}.failed`, { force: true });
    // whole or not there: the process may look at any moment
    writeFileSync(`${this.#order}.new`, fault);
    renameSync(`${this.#order}.new`, this.#order);
  }

  /** Whether a fault that was to happen once has happened. */
  get hasFailed(): boolean {
    return existsSync(`${this.#order}.failed`);
  }

  mend(): void {
    rmSync(this.#order, { force: true });
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Why there can be none on this machine, or null. */
  static missing(): string | null {
    if (process.platform !== 'linux') return 'it needs LD_PRELOAD of Linux';
    try {
      new FailingDisk().remove();
      return null;
    } catch (error) {
      return `cc is needed: ${(error as Error).message.split('\n')[0]}`;
    }
  }
}
