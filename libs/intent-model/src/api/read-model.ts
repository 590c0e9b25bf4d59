import { z } from 'zod';

/** One partition of the log, and what the lists know of it. Positions count its entries. */
const PartitionProgress = z.object({
  partition: z.int().nonnegative(),
  /** Of the last entry in the log. */
  logPosition: z.int().nonnegative(),
  /** Of the last entry that lists know of. */
  position: z.int().nonnegative(),
  lagEntries: z.int().nonnegative(),
  /** Of the last entry that a rebuild has reached; null when there is none. */
  rebuiltPosition: z.int().nonnegative().nullable(),
});

/** `GET /v1/read-model` */
export const ReadModelReply = z
  .object({
    connected: z.boolean(),
    problem: z.string().nullable(),
    /** False when the projector of another replica is at work. */
    active: z.boolean(),
    rebuilding: z.boolean(),
    partitions: z.array(PartitionProgress),
    halted: z.array(z.object({ partition: z.int().nonnegative(), place: z.string(), finding: z.string() })),
  })
  .meta({ id: 'ReadModelStatus' });
export type ReadModelReply = z.infer<typeof ReadModelReply>;

/** `POST /v1/read-model/rebuild` */
export const RebuildReply = z.object({ requested: z.literal(true) }).meta({ id: 'RebuildRequested' });
export type RebuildReply = z.infer<typeof RebuildReply>;
