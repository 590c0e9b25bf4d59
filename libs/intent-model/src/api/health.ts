import { z } from 'zod';

/** `GET /health/live` */
export const LivenessReply = z.object({ status: z.literal('live') }).meta({ id: 'Liveness' });
export type LivenessReply = z.infer<typeof LivenessReply>;

const LogView = z.object({
  backend: z.string(),
  /** The point after which an append counts as durable. */
  durability: z.string(),
  survivesPowerLoss: z.boolean(),
  partitionCount: z.int().positive(),
});

const ReadModelView = z.object({
  connected: z.boolean(),
  /** False when the projector of another replica is at work. */
  active: z.boolean(),
  rebuilding: z.boolean(),
  /** Entries of the log that are not applied yet; null when that cannot be told from the copy of the log here. */
  lagEntries: z.int().nonnegative().nullable(),
  /** Age of the oldest of them; 0 without any, null when it cannot be read or told. */
  lagMs: z.number().nonnegative().nullable(),
  appliedEntries: z.int().nonnegative(),
  problem: z.string().nullable(),
  halted: z.array(z.object({ partition: z.int().nonnegative(), place: z.string(), finding: z.string() })),
});

/** `GET /health/ready`: what could not be done right now, and what that is told from. */
export const ReadinessReply = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    /** Empty when ready. */
    reasons: z.array(z.string()),
    /** Partitions that this process cannot take; that makes it unready where another replica is ready, or when they are all. */
    halted: z.array(z.object({ partition: z.int().nonnegative(), finding: z.string() })),
    wal: LogView,
    /** Since Smart City last read its policies, as it told; null before it was heard. */
    policyAgeMs: z.number().nonnegative().nullable(),
    registryConnected: z.boolean(),
    freeBytes: z.number().nonnegative().nullable(),
    readModel: ReadModelView,
    /** Executions that said nothing for longer than they should. */
    silentExecutions: z.int().nonnegative(),
  })
  .meta({ id: 'Readiness' });
export type ReadinessReply = z.infer<typeof ReadinessReply>;
