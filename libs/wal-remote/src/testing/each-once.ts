import { type IndexedWal, verifyStream } from '@intendant/wal';

/** Entries that were acknowledged: the hash in hex, and the position that was told. */
export type Acknowledged = ReadonlyMap<string, number>;

/**
 * Throws unless each of these entries stands in the partition exactly once, at the position that was told, and all of its
 * streams verify, and if one of those that were refused is there. Resolves with the number of entries there.
 */
export async function assertEachOnce(
  judge: IndexedWal,
  partition: number,
  told: Acknowledged,
  refused: ReadonlySet<string> = new Set(),
): Promise<number> {
  await judge.catchUp(partition);
  const tail = await judge.tail(partition);
  const found = new Map<string, number>();
  const streams = new Set<string>();
  for (let from = 1; from <= tail; from += 1_000)
    for (const { hash, position, streamId } of await judge.read(partition, from, 1_000)) {
      const name = hash.toString('hex');
      if (found.has(name)) throw new Error(`an entry stands at ${found.get(name)} and again at ${position}`);
      if (refused.has(name)) throw new Error(`an entry was refused and stands at ${position}`);
      found.set(name, position);
      streams.add(streamId);
    }
  for (const [name, position] of told)
    if (found.get(name) !== position)
      throw new Error(`an entry was acknowledged at ${position} and stands at ${found.get(name) ?? 'no place'}`);
  for (const streamId of streams) {
    const finding = verifyStream(streamId, await judge.readStream(streamId));
    if (finding !== null) throw new Error(`${streamId}: ${JSON.stringify(finding)}`);
  }
  return found.size;
}
