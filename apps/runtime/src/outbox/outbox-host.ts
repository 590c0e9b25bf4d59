import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@intendant/kernel';
import { type Logger, systemScheduler } from '@intendant/nest-kit';
import { OUTBOX_NOT_STARTED, type OutboxReport, PostgresOutbox } from '@intendant/outbox';
import { type CopyOfLog, FollowedCopy, type WorkForAll } from '../platform/copy-of-log.js';
import { KeptProcess } from '../platform/kept-process.js';
import { type OutboxEnv, outboxVariablesOf } from './outbox-config.js';

const ENTRY = fileURLToPath(new URL('./outbox-process.js', import.meta.url));
/** It holds a few entries at most, and should not grow because it could. In MiB. */
const HEAP = ['--max-semi-space-size=8', '--max-old-space-size=192'];

export interface OutboxHostOptions {
  readonly env: OutboxEnv & { readonly INTENDANT_DATABASE_URL: string };
  readonly logDirectory: string;
  readonly logId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Publishing of domain events, as one Runtime sees it: the process that does it, and a look at how far it is. */
export class OutboxHost implements WorkForAll {
  /** What was published of the log, by whichever replica. */
  readonly ledger: PostgresOutbox;
  readonly #process: KeptProcess;
  #report: OutboxReport = OUTBOX_NOT_STARTED;
  #followed: FollowedCopy | null = null;

  private constructor(private readonly options: OutboxHostOptions) {
    const { env, logDirectory, logId, clock, logger } = options;
    this.ledger = new PostgresOutbox(env.INTENDANT_DATABASE_URL, logId, (error) =>
      logger.debug({ err: error }, 'idle connection of the outbox lost'),
    );
    this.#process = new KeptProcess({
      entry: ENTRY,
      args: [logDirectory, logId],
      env: { ...outboxVariablesOf(env), INTENDANT_DATABASE_URL: env.INTENDANT_DATABASE_URL },
      nodeArgs: HEAP,
      priority: constants.priority.PRIORITY_BELOW_NORMAL,
      nowMs: () => clock.nowMs(),
      onMessage: (message) => this.#heard(message as OutboxReport),
      onEnded: (how) => {
        this.#report = { ...OUTBOX_NOT_STARTED, problem: 'the outbox process is not running' };
        logger.error(how, 'the outbox process ended');
      },
      onTrouble: (error) => logger.warn({ err: error }, 'outbox process'),
    });
  }

  /** Null when nothing is to be published. */
  static of(options: OutboxHostOptions): OutboxHost | null {
    return options.env.INTENDANT_OUTBOX === 'none' ? null : new OutboxHost(options);
  }

  /** What the process last told; of another replica's it tells `standby` only. */
  get report(): OutboxReport {
    return this.#report;
  }

  /** The log must be open; `copy` unless it is this process's alone. Waits for nothing. */
  start(copy: CopyOfLog | null): void {
    this.#process.start();
    if (copy === null) return;
    this.#followed = new FollowedCopy(copy, this, systemScheduler);
    this.#followed.start();
  }

  letGo(): void {
    this.#process.send('let go');
  }

  holdFor(ms: number): void {
    this.#process.send({ holdForMs: ms });
  }

  async stop(): Promise<void> {
    this.#followed?.stop();
    await this.#process.stop();
    await this.ledger.close();
  }

  #heard(report: OutboxReport): void {
    const { logger } = this.options;
    const before = this.#report;
    this.#report = report;
    if (report.state !== before.state) logger.info({ state: report.state, pid: this.#process.pid }, 'outbox');
    if (report.problem !== null && report.problem !== before.problem)
      logger.warn({ problem: report.problem }, 'events wait in the outbox; the log goes on without them');
    for (const halted of report.halted)
      if (!before.halted.some(({ partition }) => partition === halted.partition))
        logger.error(halted, 'events of a partition are published no further');
  }
}
