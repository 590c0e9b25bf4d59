import { z } from 'zod';
import { Name } from './names.js';

/** As many as a log may have. */
const PARTITIONS_MAX = 1_024;

const PartitionNumber = z
  .int()
  .min(0)
  .max(PARTITIONS_MAX - 1);

/** A partition that a replica claimed in the log, and the epoch of its claim. */
export const OwnedPartition = z.object({ partition: PartitionNumber, epoch: z.int().nonnegative() });
export type OwnedPartition = z.infer<typeof OwnedPartition>;

/** A replica of the Runtime, and where the others reach it. */
export const Replica = z.object({ replicaId: Name, linkUrl: z.url().max(512) });
export type Replica = z.infer<typeof Replica>;

/** One start of a replica's process. Its clock is that of the replica: starts under one id are compared with one another only. */
export const ReplicaStart = z.object({ startId: z.string().min(1).max(64), startedAtMs: z.int() });
export type ReplicaStart = z.infer<typeof ReplicaStart>;

/** RPC `ownership.renew`, Runtime → Curator: that the replica lives, and what it holds. Instants are Unix milliseconds. */
export const OwnershipRenewal = Replica.extend({
  /** Of the log that the replica follows; all replicas must say the same. */
  partitionCount: z.int().min(1).max(PARTITIONS_MAX),
  /** The replica's clock as it sent this. */
  nowMs: z.int(),
  /** What it really holds: claimed, and not given up since. */
  owned: z.array(OwnedPartition).max(PARTITIONS_MAX),
  /** What it gave up since its last renewal that was answered. */
  released: z.array(PartitionNumber).max(PARTITIONS_MAX),
  /** What it cannot take as long as it lives, as its copy or what it sees of the log does not verify. */
  unable: z.array(PartitionNumber).max(PARTITIONS_MAX).default([]),
  /** False while it catches up with the log, cannot take a partition, or its clock is off: it is given nothing as long as others are ready. */
  ready: z.boolean(),
  /** True from the moment it is to end: it is given nothing, and its partitions are to go to others. */
  draining: z.boolean(),
  /** Tells two processes with the same id and address apart; not there from a version that does not know of it. */
  start: ReplicaStart.optional(),
}).refine(
  ({ partitionCount, owned, released, unable }) =>
    [...owned.map(({ partition }) => partition), ...released, ...unable].every(
      (partition) => partition < partitionCount,
    ),
  'names a partition that the log does not have',
);
export type OwnershipRenewal = z.infer<typeof OwnershipRenewal>;

/**
 * Whom Curator suggests for one partition. Where `owner` is the reader and `next` is another, it hands over: it brings its
 * work to an end, gives the partition up, and renews with it in `released`.
 */
export const PartitionPlan = z.object({
  partition: PartitionNumber,
  owner: Name.nullable(),
  /** Who is to follow the owner; null when nobody is, or the one who is to does not know it yet. */
  next: Name.nullable(),
});
export type PartitionPlan = z.infer<typeof PartitionPlan>;

/** Answer to `ownership.renew`. */
export const OwnershipAnswer = z.object({
  curatorNowMs: z.int(),
  /** How long a replica keeps its partitions without a renewal. */
  leaseMs: z.int().positive(),
  /** Rises with every change of what follows; begins anew with every start of Curator. */
  revision: z.int().nonnegative(),
  /** Replicas that were heard within a lease, draining ones too. */
  replicas: z.array(
    Replica.extend({
      /** Ready and there to stay; not there from a version that does not tell. */
      ready: z.boolean().optional(),
    }),
  ),
  /** All partitions, in order from 0. */
  partitions: z
    .array(PartitionPlan)
    .max(PARTITIONS_MAX)
    .refine((all) => all.every(({ partition }, index) => partition === index), 'must be all partitions, in order'),
});
export type OwnershipAnswer = z.infer<typeof OwnershipAnswer>;
