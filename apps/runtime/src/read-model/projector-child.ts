import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@intendant/nest-kit';
import { NOT_CONNECTED, type ProjectorReport } from '@intendant/read-model';
import type { WorkForAll } from '../platform/copy-of-log.js';
import { KeptProcess } from '../platform/kept-process.js';

const ENTRY = fileURLToPath(new URL('./projector-process.js', import.meta.url));
/** It holds a batch of rows at most, and should not grow because it could. In MiB. */
const HEAP = ['--max-semi-space-size=8', '--max-old-space-size=192'];

export interface ProjectorChildOptions {
  readonly logDirectory: string;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** Keeps one projector process running, and knows what it last told. What it had not committed when it ended, the next one applies. */
export class ProjectorChild implements WorkForAll {
  readonly #process: KeptProcess;
  #report: ProjectorReport = NOT_CONNECTED;

  constructor(private readonly options: ProjectorChildOptions) {
    const { logDirectory, databaseUrl, logger, nowMs } = options;
    this.#process = new KeptProcess({
      entry: ENTRY,
      args: [logDirectory],
      env: { INTENDANT_DATABASE_URL: databaseUrl },
      nodeArgs: HEAP,
      // when cores are short, writes go first and the lag grows
      priority: constants.priority.PRIORITY_LOW,
      nowMs,
      onMessage: (report) => this.#heard(report as ProjectorReport),
      onEnded: (how) => {
        this.#report = { ...this.#report, connected: false, problem: 'the projector process is not running' };
        logger.error(how, 'the projector process ended');
      },
      onTrouble: (error) => logger.warn({ err: error }, 'projector process'),
    });
  }

  get report(): ProjectorReport {
    return this.#report;
  }

  start(): void {
    this.#process.start();
  }

  /** Somebody waits for what was written. */
  hurry(): void {
    this.#process.send('hurry');
  }

  /** Another replica is to project, if one can. */
  letGo(): void {
    this.#process.send('let go');
  }

  holdFor(ms: number): void {
    this.#process.send({ holdForMs: ms });
  }

  stop(): Promise<void> {
    return this.#process.stop();
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
}
