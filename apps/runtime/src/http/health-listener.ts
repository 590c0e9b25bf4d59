import type { Server } from 'node:http';
import { startHealthServer } from '@intendant/nest-kit';
import type { RuntimeEnv } from '../config.js';
import type { RuntimeMetrics } from '../platform/metrics.js';
import { type Asked, unreadyReasons } from '../platform/readiness.js';

/**
 * Health where no caller is: the listener of callers takes so many connections and drops the next, also of whoever starts a
 * process anew that does not answer. Undefined when no port is given.
 */
export async function startHealthListener(
  env: Pick<RuntimeEnv, 'INTENDANT_HEALTH_PORT' | 'INTENDANT_HOST'>,
  platform: Asked & { readonly metrics: Pick<RuntimeMetrics, 'registry'> },
): Promise<Server | undefined> {
  if (env.INTENDANT_HEALTH_PORT === undefined) return undefined;
  return startHealthServer({
    host: env.INTENDANT_HOST,
    port: env.INTENDANT_HEALTH_PORT,
    readiness: () => unreadyReasons(platform),
    metrics: platform.metrics.registry,
  });
}
