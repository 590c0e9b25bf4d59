import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Acknowledged } from '@intendant/wal-remote/testing';

type Report =
  | { readonly hash: string; readonly position: number }
  | { readonly lost: string }
  | { readonly halted: string }
  | { readonly ended: string };

export interface WriterPlan {
  readonly backend: string;
  /** Of the log, as the backend opens it. */
  readonly options: object;
  /** Of the copy. */
  readonly directory: string;
  readonly partition: number;
  /** Of the partition; nobody else appends to it. */
  readonly streamId: string;
}

/** A process that holds a partition and appends to it, with what it reported. It runs what was built. */
export class WriterProcess {
  readonly #acknowledged = new Map<string, number>();
  /** Names of the errors of `onLost`, of findings, and of the append that ended it. */
  readonly lost: string[] = [];
  readonly halted: string[] = [];
  ended: string | null = null;

  constructor(private readonly child: ChildProcess) {
    child.on('message', (report: Report) => {
      if ('hash' in report) this.#acknowledged.set(report.hash, report.position);
      else if ('lost' in report) this.lost.push(report.lost);
      else if ('halted' in report) this.halted.push(report.halted);
      else this.ended = report.ended;
    });
  }

  static start({ backend, options, directory, partition, streamId }: WriterPlan): WriterProcess {
    const script = fileURLToPath(new URL('append-until-fenced.mjs', import.meta.url));
    const args = [backend, JSON.stringify(options), directory, String(partition), streamId];
    // this process may run with flags and conditions of its test runner
    return new WriterProcess(fork(script, args, { execArgv: [] }));
  }

  get acknowledged(): Acknowledged {
    return this.#acknowledged;
  }

  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** Resolves when it has ended by itself and everything it said was heard. */
  async finished(): Promise<void> {
    if (this.child.connected) await once(this.child, 'disconnect');
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}
