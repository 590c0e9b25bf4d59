import { type Lifecycle, type Logger, runProcess } from '@intendant/nest-kit';
import { RegistrationRefused } from './registration-lease.js';

/** Runs what `start` registers as a process, to its end; a refusal of Curator, now or later, is that end. */
export async function runRegistered(
  logger: Logger,
  start: (onRefused: (refusal: RegistrationRefused) => void) => Promise<Lifecycle>,
): Promise<void> {
  const endRefused = (refusal: RegistrationRefused): never => {
    logger.fatal({ failure: refusal.failure }, 'Curator refuses the registration; nothing can be served');
    process.exit(1);
  };
  await runProcess(logger, async () => {
    try {
      return await start(endRefused);
    } catch (error) {
      if (error instanceof RegistrationRefused) return endRefused(error);
      throw error;
    }
  });
}
