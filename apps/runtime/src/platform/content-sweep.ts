import { contentRefOf } from '@intendant/intent-model';
import type { Foundation } from './foundation.js';

/** How often orphaned content is looked for, and how old it must be: younger files may belong to a call that runs. */
const SWEEP_MS = 3_600_000;

/** Removes content that no record names, now and every hour. Returns the function that ends it. */
export async function sweepContent({ wal, content, clock, logger }: Foundation): Promise<() => void> {
  const isKnown = (tenantId: string, sha256: string): boolean =>
    wal.store.references(tenantId, contentRefOf(sha256)).length > 0;
  const sweep = async (): Promise<void> => {
    const swept = await content.sweep(isKnown, clock.nowMs() - SWEEP_MS);
    if (swept > 0) logger.info({ swept }, 'orphaned content removed');
  };
  await sweep();
  const timer = setInterval(() => {
    sweep().catch((error: Error) => logger.error({ err: error }, 'sweep failed'));
  }, SWEEP_MS);
  timer.unref();
  return () => clearInterval(timer);
}
