import { digestOf, slotOfId, slotOfKey } from '@intendant/kernel';

/** Streams that are not named by an id of their own. */
export const refusalsOf = (tenantId: string): string => `refusals/${tenantId}`;
export const auditOf = (tenantId: string): string => `audit/${tenantId}`;
export const contentOf = (tenantId: string): string => `content/${tenantId}`;

/** Grants of one reference. A reference is as long as it likes, and looks as it likes: its digest names the stream. */
export const grantsOf = (tenantId: string, reference: string): string => `grants/${tenantId}/${digestOf(reference)}`;

/** A partition's own stream: who opened its epochs, and when it was given up. */
export const partitionStream = (partition: number): string => `nod_${partition.toString(16).padStart(32, '0')}`;

/** Placement of a stream: ids carry their slot, named streams get one from their name. */
export const slotOfStream = (streamId: string): number => slotOfId(streamId) ?? slotOfKey(streamId);

/** Partition of a stream; the count is fixed when the log is created. */
export const partitionOf = (streamId: string, partitionCount: number): number =>
  slotOfStream(streamId) % partitionCount;
