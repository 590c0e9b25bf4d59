import { CannotStartNow, ConfigError, EXIT_CONFIG } from './config.js';
import { warnOfUnknownVariables } from './known-variables.js';
import type { Logger } from './logger.js';

export interface Lifecycle {
  /** Told to whoever started the process, once everything listens. */
  readonly readyDetail: Record<string, unknown>;
  /** Stops taking work, lets what runs come to an end, and releases everything. */
  readonly drain: (reason: string) => Promise<void>;
}

/** How long a drain may take before the process gives up and exits 1. */
const DRAIN_MS_MAX = 12_000;

/**
 * Runs a process to its end: start, tell readiness to the parent, drain on SIGTERM (and on SIGINT, unless a launcher is
 * there to order the drain, and on the launcher's death), exit 0. Anything unforeseen ends the process: crash-only.
 */
export async function runProcess(logger: Logger, start: () => Promise<Lifecycle>): Promise<void> {
  warnOfUnknownVariables(logger, process.env);
  process.on('uncaughtException', (error) => die(logger, error));
  process.on('unhandledRejection', (error) => die(logger, error));
  let ending = false;
  let running: Lifecycle | undefined;
  const end = (reason: string): void => {
    if (ending) return;
    ending = true;
    if (running === undefined) {
      process.exit(0);
      return;
    }
    logger.info({ reason }, 'draining');
    const giveUp = setTimeout(() => {
      logger.error({ drainMs: DRAIN_MS_MAX }, 'drain took too long');
      process.exit(1);
    }, DRAIN_MS_MAX);
    running.drain(reason).then(
      () => {
        clearTimeout(giveUp);
        logger.info('drained');
        process.exit(0);
      },
      (error) => die(logger, error),
    );
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => {
    if (!process.connected) end('SIGINT');
  });
  process.on('disconnect', () => end('launcher gone'));
  answerThatItLives();
  running = await start();
  process.send?.({ type: 'ready', detail: running.readyDetail });
  logger.info(running.readyDetail, 'ready');
}

/** A launcher asks now and then; a process whose event loop does not turn stays silent and is ended. */
function answerThatItLives(): void {
  process.on('message', (message) => {
    if ((message as { type?: unknown } | null)?.type === 'alive?') process.send?.({ type: 'alive' });
  });
}

function die(logger: Logger, error: unknown): void {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
  if (!(error instanceof CannotStartNow)) logger.fatal({ err: error }, 'unforeseen error, ending the process');
  else if (error.cause === undefined) process.stderr.write(`${error.message}\n`);
  else logger.fatal({ err: error.cause }, error.message);
  process.exit(1);
}
