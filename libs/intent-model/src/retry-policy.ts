import { z } from 'zod';

/** Retry rule, recorded with the acceptance: waits are `min(capMs, initialMs · factor^(attempt−1))` with jitter. */
export const RetryPolicy = z
  .strictObject({
    attemptsMax: z.int().min(1).max(20).default(3),
    initialMs: z.int().min(1).max(3_600_000).default(1_000),
    factor: z.number().min(1).max(10).default(2),
    capMs: z.int().min(1).max(86_400_000).default(60_000),
    nonRetryableCodes: z.array(z.string().max(64)).max(64).default([]),
  })
  .meta({ id: 'RetryPolicy' });
export type RetryPolicy = z.infer<typeof RetryPolicy>;
