import type { Foundation } from './foundation.js';

/** Resolves when everything that was acknowledged before, by whichever replica, can be read here, but for partitions in `without`. */
export async function catchUpAll(
  { log, wal }: Pick<Foundation, 'log' | 'wal'>,
  without: ReadonlyMap<number, unknown> = new Map(),
): Promise<void> {
  const partitions = Array.from({ length: log.partitionCount }, (_, partition) => partition);
  await Promise.all(partitions.filter((partition) => !without.has(partition)).map((one) => wal.catchUp(one)));
}
