import { z } from 'zod';
import { Instant } from '../names.js';

/** Ranges that executions are counted over, in milliseconds; they end now. */
export const METRICS_RANGES_MS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;
export const MetricsRange = z.enum(['1h', '24h', '7d']);
export type MetricsRange = z.infer<typeof MetricsRange>;

const Rate = z.number().min(0).max(1).nullable();

const counts = {
  /** Executions accepted within the range, however they stand now. */
  total: z.int().nonnegative(),
  /** Completed. */
  successful: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  /** Undone after something failed, or because somebody asked for it. */
  compensated: z.int().nonnegative(),
  cancelled: z.int().nonnegative(),
  /** Need a person. */
  stuck: z.int().nonnegative(),
  /** Running, waiting, paused or being undone. */
  unsettled: z.int().nonnegative(),
  /** `successful` of those that were judged: successful, failed, compensated and stuck. Null when there is none. */
  successRate: Rate,
  /** The rest of those that were judged; cancelled and unsettled executions are in neither rate. */
  errorRate: Rate,
  /** From acceptance to the end, of successful, failed, compensated and cancelled ones; null when none ended. */
  averageMs: z.number().nonnegative().nullable(),
};

/** `GET /v1/metrics/executions` */
export const ExecutionMetricsReply = z
  .object({
    /** `own` for those who may not see what others of the tenant submitted. */
    scope: z.enum(['tenant', 'own']),
    range: MetricsRange,
    from: Instant,
    to: Instant,
    ...counts,
    /** Most executions first. */
    byIntentType: z.array(z.object({ intentType: z.string(), ...counts })),
  })
  .meta({ id: 'ExecutionMetrics' });
export type ExecutionMetricsReply = z.infer<typeof ExecutionMetricsReply>;
