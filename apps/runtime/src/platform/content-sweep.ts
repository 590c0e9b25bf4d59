import { contentRefOf } from '@intendant/intent-model';
import { LogCorrupt } from '@intendant/wal';
import { catchUpAll } from './catch-up.js';
import type { Foundation } from './foundation.js';

/** How often orphaned content is looked for, and how old it must be: younger files may belong to a call that runs. */
const SWEEP_MS = 3_600_000;

type Swept = Pick<Foundation, 'clock' | 'content' | 'holders' | 'log' | 'logger' | 'wal'>;

/** Removes content that no record names, now and every hour. Returns the function that ends it. */
export async function sweepContent(foundation: Swept): Promise<() => void> {
  const { logger } = foundation;
  let skipped = false;
  const sweep = async (): Promise<void> => {
    const olderThanMs = foundation.clock.nowMs() - SWEEP_MS;
    const doubt = await whyUntold(foundation);
    if (doubt !== null && !skipped) logger.warn({ reason: doubt }, 'orphaned content is not looked for');
    skipped = doubt !== null;
    if (!skipped) await removeOrphans(foundation, olderThanMs);
  };
  await sweep();
  const timer = setInterval(() => {
    sweep().catch((error: Error) => logger.error({ err: error }, 'sweep failed'));
  }, SWEEP_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Why nobody here can say at the moment what the log does not name, or null. The directory may be shared: what looks like
 * an orphan to a copy that is behind, or halted, may be what another replica has acknowledged.
 */
async function whyUntold(foundation: Swept): Promise<string | null> {
  const { holders, wal } = foundation;
  const trouble = (): string | null => {
    const [found] = holders.haltedHere;
    return found === undefined ? wal.unfit() : `partition ${found[0]} is halted: ${found[1]}`;
  };
  const before = trouble();
  if (before !== null) return before;
  try {
    await catchUpAll(foundation);
  } catch (error) {
    return (error as Error).message;
  }
  return trouble();
}

async function removeOrphans({ content, logger, wal }: Swept, olderThanMs: number): Promise<void> {
  const isKnown = (tenantId: string, sha256: string): boolean => {
    try {
      return wal.store.references(tenantId, contentRefOf(sha256)).length > 0;
    } catch (error) {
      // a reference that cannot be read is one, and stops neither the others' sweep nor the start
      if (error instanceof LogCorrupt) return true;
      throw error;
    }
  };
  const swept = await content.sweep(isKnown, olderThanMs);
  if (swept > 0) logger.info({ swept }, 'orphaned content removed');
}
