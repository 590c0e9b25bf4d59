import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { EXIT_CONFIGURATION, ProcessRefused } from '../refusals.js';
import { type HangPolicy, watchForHang } from './hang-watch.js';
import { eachLine } from './line-splitter.js';
import { signal } from './process-record.js';
import { type RestartPolicy, restartDelayMs } from './restart-policy.js';

/** What a supervised process is: how it starts, when it is ready, how it is asked to stop. */
export interface ProcessDefinition {
  name: string;
  /** Called before every start, the first and each restart. */
  command(): { file: string; args: string[]; options: SpawnOptions };
  /** Resolves when the process serves; `ended` aborts when the process dies first. */
  becameReady(child: ChildProcess, ended: AbortSignal): Promise<void>;
  stopSignal: NodeJS.Signals;
  /** How long a drain may take before the process is killed. */
  graceMs: number;
  restart: RestartPolicy;
  /** When a process that is ready and no longer answers is ended; never, unless told. */
  hang?: HangPolicy | undefined;
}

/** What the supervisor tells while the process runs. */
export interface ProcessReports {
  output(line: string): void;
  notice(text: string, level: 'info' | 'warn' | 'error'): void;
  started(pid: number): void;
  /** The process ended with exit code 78 and is not started again. */
  refused(cause: ProcessRefused): void;
}

/** The supervisor was stopped while somebody waited for the process. */
export class ProcessStopped extends Error {
  override readonly name = 'ProcessStopped';
}

/** After an exit, the time in which the last output may still arrive. */
const LAST_OUTPUT_MS = 500;

/** Keeps one process running: starts it again with growing pauses when it dies, until it is stopped. */
export class SupervisedProcess {
  readonly #events = new EventEmitter();
  #child: ChildProcess | undefined;
  #readyPid: number | undefined;
  #deathsInARow = 0;
  #failure: Error | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #endHangWatch: () => void = () => undefined;

  constructor(
    private readonly definition: ProcessDefinition,
    private readonly reports: ProcessReports,
  ) {
    this.#events.setMaxListeners(0);
  }

  get name(): string {
    return this.definition.name;
  }

  /** The pid now, or undefined between a death and the next start. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves with the pid once the process is ready; with `otherThan`, once a later process than that one is. */
  async ready(otherThan?: number): Promise<number> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      if (this.#readyPid !== undefined && this.#readyPid !== otherThan) return this.#readyPid;
      await once(this.#events, 'change');
    }
  }

  start(): void {
    const startedAt = Date.now();
    const { file, args, options } = this.definition.command();
    // A session of its own keeps the terminal's Ctrl-C away from it, so that the launcher decides the order.
    const child = spawn(file, args, { ...options, detached: process.platform !== 'win32', windowsHide: true });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      if (stream) eachLine(stream, (line) => this.reports.output(line));
    if (child.pid !== undefined) this.reports.started(child.pid);
    const ended = new AbortController();
    let readyAt: number | undefined;
    this.definition.becameReady(child, ended.signal).then(
      () => {
        if (this.#child !== child || ended.signal.aborted) return;
        readyAt = Date.now();
        this.#readyPid = child.pid;
        this.reports.notice(`ready in ${seconds(readyAt - startedAt)} (pid ${child.pid})`, 'info');
        this.#watchForHang(child);
        this.#changed();
      },
      () => undefined, // it died first, which is handled below
    );
    void endOf(child).then((how) => {
      ended.abort();
      this.#ended(child, how, readyAt);
    });
  }

  /** Asks the process to drain and waits; kills it after its grace. Nothing is started any more. */
  async stop(): Promise<void> {
    this.#fail(new ProcessStopped(`${this.name} was stopped`));
    const child = this.#child;
    if (!child?.pid) return;
    const { stopSignal, graceMs } = this.definition;
    signal(child.pid, stopSignal);
    const timer = setTimeout(() => {
      this.reports.notice(`did not stop within ${seconds(graceMs)}: killed`, 'warn');
      this.kill();
    }, graceMs);
    while (this.#child) await once(this.#events, 'change');
    clearTimeout(timer);
  }

  /** Ends the process at once; who waits in `stop` is answered. */
  kill(): void {
    if (this.#child?.pid) signal(this.#child.pid, 'SIGKILL');
  }

  /** One that hangs can be asked to end for ever: it is killed, and started again like one that died. */
  #watchForHang(child: ChildProcess): void {
    const { hang } = this.definition;
    if (hang === undefined || this.#failure) return;
    this.#endHangWatch = watchForHang(child, hang, (silentMs) => {
      this.reports.notice(`has not answered for ${seconds(silentMs)}: killed`, 'error');
      this.kill();
    });
  }

  #ended(child: ChildProcess, how: ProcessEnd, readyAt: number | undefined): void {
    if (this.#child !== child) return;
    this.#endHangWatch();
    this.#child = undefined;
    this.#readyPid = undefined;
    if (!this.#failure) {
      if (how.code === EXIT_CONFIGURATION) {
        this.reports.notice('refused its configuration (exit code 78)', 'error');
        const refusal = new ProcessRefused(this.name);
        this.#fail(refusal);
        this.reports.refused(refusal);
      } else {
        this.#restartLater(how, readyAt);
      }
    }
    this.#changed();
  }

  #restartLater(how: ProcessEnd, readyAt: number | undefined): void {
    const { restart } = this.definition;
    if (readyAt !== undefined && Date.now() - readyAt >= restart.healthyAfterMs) this.#deathsInARow = 0;
    this.#deathsInARow += 1;
    const delayMs = restartDelayMs(restart, this.#deathsInARow);
    const when = readyAt === undefined ? 'while starting' : `after ${seconds(Date.now() - readyAt)}`;
    const again = `${when} (${how.text}); starting it again in ${seconds(delayMs)}`;
    // whoever asked it to end, it did so in order
    if (how.code === 0) this.reports.notice(`ended ${again}`, 'warn');
    else this.reports.notice(`died ${again}`, 'error');
    this.#restartTimer = setTimeout(() => this.start(), delayMs);
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    // a drain has a time of its own
    this.#endHangWatch();
    clearTimeout(this.#restartTimer);
    this.#changed();
  }

  #changed(): void {
    this.#events.emit('change');
  }
}

interface ProcessEnd {
  code: number | null;
  text: string;
}

/** Resolves when the process has ended and its output is read, or could not be started. */
async function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      if (child.pid === undefined) resolve({ code: null, text: cause.message });
    });
    child.once('exit', (code, signalName) => {
      const end = { code, text: signalName ? `signal ${signalName}` : `exit code ${code}` };
      const timer = setTimeout(() => resolve(end), LAST_OUTPUT_MS);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(end);
      });
    });
  });
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
