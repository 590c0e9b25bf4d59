/** Keys of a partition, in the order in which the server's functions take them. They share a hash tag, hence a slot. */
export type PartitionKeys = readonly [meta: string, frames: string, head: string, seen: string];

/** Hash of what the log is: `logId`, `partitionCount`, `format`, and `begun:N` for each partition that was ever claimed. */
export const metaKey = (prefix: string): string => `{${prefix}}:meta`;

/** Stream of one entry; its id is the last place that readers may see. Readers wait on it. */
export const seenKey = (prefix: string, partition: number): string => `{${prefix}}:${partition}:seen`;

export const keysOf = (prefix: string, partition: number): PartitionKeys => [
  metaKey(prefix),
  // a stream of frames
  `{${prefix}}:${partition}:frames`,
  // a hash: `epoch`, `nonce`, `position`, `last` (place of the last frame), `trimmed` and `dropped` (places of the first one kept and the
  // last one before it)
  `{${prefix}}:${partition}:head`,
  seenKey(prefix, partition),
];
