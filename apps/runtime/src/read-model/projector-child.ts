import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@intendant/nest-kit';
import { NOT_CONNECTED, type ProjectorReport } from '@intendant/read-model';

const ENTRY = fileURLToPath(new URL('./projector-process.js', import.meta.url));
const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 30_000;
/** A process that ran for so long had a good start. */
const HEALTHY_MS = 30_000;
const STOP_MS_MAX = 2_000;
/** It holds a batch of rows at most, and should not grow because it could. In MiB. */
const HEAP = ['--max-semi-space-size=8', '--max-old-space-size=192'];

/** What the child needs of this process's environment, and no more. */
const INHERITED = ['PATH', 'HOME', 'TZ', 'LANG', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'TMPDIR', 'SystemRoot', 'TEMP'];

export interface ProjectorChildOptions {
  readonly logDirectory: string;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** Keeps one projector process running, and knows what it last told. */
export class ProjectorChild {
  #child: ChildProcess | undefined;
  #report: ProjectorReport = NOT_CONNECTED;
  #restartTimer: NodeJS.Timeout | undefined;
  #restartMs = RESTART_MS_MIN;
  #stopping = false;

  constructor(private readonly options: ProjectorChildOptions) {}

  get report(): ProjectorReport {
    return this.#report;
  }

  start(): void {
    const { logDirectory, databaseUrl, logger, nowMs } = this.options;
    const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
    const env = { ...inherited, INTENDANT_DATABASE_URL: databaseUrl } as NodeJS.ProcessEnv;
    const child = fork(ENTRY, [logDirectory], { env, execArgv: HEAP, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    const startedMs = nowMs();
    lowerPriority(child, logger);
    child.on('message', (report) => this.#heard(report as ProjectorReport));
    child.once('error', (error) => logger.error({ err: error }, 'projector process'));
    child.once('exit', (code, signal) => this.#ended(nowMs() - startedMs, code, signal));
  }

  /** Somebody waits for what was written. */
  hurry(): void {
    if (this.#child?.connected === true) this.#child.send('hurry');
  }

  /** The process may end at any moment: what it had not committed, the next one applies. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      child.once('exit', () => {
        clearTimeout(insist);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  #heard(report: ProjectorReport): void {
    const { logger } = this.options;
    const before = this.#report;
    this.#report = report;
    if (report.connected && !before.connected) logger.info('the read model is connected');
    if (!report.connected && report.problem !== before.problem)
      logger.warn({ problem: report.problem }, 'the read model is not available; the log goes on without it');
    for (const halted of report.halted)
      if (!before.halted.some(({ partition }) => partition === halted.partition))
        logger.error(halted, 'a partition is projected no further');
  }

  #ended(ranMs: number, code: number | null, signal: string | null): void {
    this.#child = undefined;
    this.#report = { ...this.#report, connected: false, problem: 'the projector process is not running' };
    if (this.#stopping) return;
    this.#restartMs = ranMs >= HEALTHY_MS ? RESTART_MS_MIN : Math.min(2 * this.#restartMs, RESTART_MS_MAX);
    this.options.logger.error({ code, signal, restartMs: this.#restartMs }, 'the projector process ended');
    this.#restartTimer = setTimeout(() => this.start(), this.#restartMs);
  }
}

/** At once, before the process makes threads: they inherit it. When cores are short, writes go first and the lag grows. */
function lowerPriority(child: ChildProcess, logger: Logger): void {
  if (child.pid === undefined) return;
  try {
    setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch (error) {
    logger.warn({ err: error }, 'the projector runs with the usual priority');
  }
}
