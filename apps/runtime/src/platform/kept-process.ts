import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import type { PlaceMessage } from './held-place.js';

const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 30_000;
/** A process that ran for so long had a good start. */
const HEALTHY_MS = 30_000;
const STOP_MS_MAX = 2_000;

/** What a child needs of this process's environment, beside what it is given. */
const INHERITED = ['PATH', 'HOME', 'TZ', 'LANG', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'TMPDIR', 'SystemRoot', 'TEMP'];

export interface KeptProcessOptions {
  /** The compiled entry file. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Below the Runtime's: when cores are short, appends go first. */
  readonly priority: number;
  /** Arguments of Node itself. */
  readonly nodeArgs: readonly string[];
  /** Program that runs it; this process's own unless given. */
  readonly nodePath?: string;
  readonly nowMs: () => number;
  readonly onMessage: (message: unknown) => void;
  /** It ended although nobody asked for it, and is started again after `restartMs`. */
  readonly onEnded: (how: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly restartMs: number;
  }) => void;
  /** Something about the process did not work, and it may go on nevertheless. */
  readonly onTrouble: (error: unknown) => void;
}

/** Keeps one child process running, behind this one in priority; starts it again ever later when it does not last. */
export class KeptProcess {
  #child: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #restartMs = RESTART_MS_MIN;
  #stopping = false;

  constructor(private readonly options: KeptProcessOptions) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { nowMs, onMessage, onTrouble } = this.options;
    try {
      const child = this.#fork();
      this.#child = child;
      const startedMs = nowMs();
      this.#lowerPriority(child);
      child.on('message', onMessage);
      child.on('error', (error) => this.#troubled(child, error));
      child.once('exit', (code, signal) => this.#ended(nowMs() - startedMs, code, signal));
    } catch (error) {
      onTrouble(error);
      this.#ended(0, null, null);
    }
  }

  #fork(): ChildProcess {
    const { entry, args, env, nodeArgs, nodePath = process.execPath } = this.options;
    const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
    return fork(entry, [...args], {
      env: { ...inherited, ...env } as NodeJS.ProcessEnv,
      execPath: nodePath,
      execArgv: [...nodeArgs],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /** A process that never was does not exit: it ends here. */
  #troubled(child: ChildProcess, error: Error): void {
    this.options.onTrouble(error);
    if (child.pid === undefined) this.#ended(0, null, null);
  }

  /** Tells it something, if it is there. */
  send(message: 'hurry' | PlaceMessage): void {
    if (this.#child?.connected === true) this.#child.send(message);
  }

  /** The process may end at any moment. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      child.once('exit', () => {
        clearTimeout(insist);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  #ended(ranMs: number, code: number | null, signal: string | null): void {
    this.#child = undefined;
    if (this.#stopping) return;
    this.#restartMs = ranMs >= HEALTHY_MS ? RESTART_MS_MIN : Math.min(2 * this.#restartMs, RESTART_MS_MAX);
    this.options.onEnded({ code, signal, restartMs: this.#restartMs });
    this.#restartTimer = setTimeout(() => this.start(), this.#restartMs);
  }

  /** At once, before the process makes threads: they inherit it. */
  #lowerPriority({ pid }: ChildProcess): void {
    if (pid === undefined) return;
    try {
      setPriority(pid, this.options.priority);
    } catch (error) {
      this.options.onTrouble(error);
    }
  }
}
