import { type Entry, headAfter, type StreamHead } from './entry.js';
import { AppendTooLarge, BrokenChain } from './errors.js';
import { partitionOf } from './streams.js';

/** Throws a RangeError unless the log has that partition. */
export function assertPartition(partition: number, partitionCount: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitionCount)
    throw new RangeError(`partition ${partition} is not one of ${partitionCount}`);
}

/** What every log takes as one append: less than a Kafka topic must take as one batch, `max.message.bytes`. */
export const APPEND_BYTES_MAX = 8 * 1_024 * 1_024 - 64 * 1_024;

/** Of an entry beside its body, as a log keeps it, with room to spare. */
const ENVELOPE_BYTES = 256;

/** Throws {@link AppendTooLarge} for what some log could not take: what may be appended does not depend on the log. */
export function assertFits(entries: readonly Entry[]): void {
  const bytes = entries.reduce((sum, { body }) => sum + body.length + ENVELOPE_BYTES, 0);
  if (bytes > APPEND_BYTES_MAX) throw new AppendTooLarge(bytes, APPEND_BYTES_MAX);
}

/** Throws {@link BrokenChain} unless every entry belongs where it is being written: a stream has one partition. */
export function assertPlaced(entries: readonly Entry[], partition: number, partitionCount: number): void {
  for (const { streamId } of entries) {
    const home = partitionOf(streamId, partitionCount);
    if (home !== partition) throw new BrokenChain(streamId, `belongs to partition ${home}, not ${partition}`);
  }
}

/** Throws {@link BrokenChain} unless every entry continues its stream, counting earlier entries of the same batch. */
export function assertContinues(
  entries: readonly Entry[],
  headOf: (streamId: string, firstSeq: number) => StreamHead,
): void {
  const heads = new Map<string, StreamHead>();
  for (const entry of entries) {
    const head = heads.get(entry.streamId) ?? headOf(entry.streamId, entry.firstSeq);
    if (entry.firstSeq !== head.nextSeq)
      throw new BrokenChain(entry.streamId, `starts at seq ${entry.firstSeq}, the stream continues at ${head.nextSeq}`);
    if (!entry.prevHash.equals(head.lastHash))
      throw new BrokenChain(entry.streamId, `seq ${entry.firstSeq} does not continue the hash chain`);
    heads.set(entry.streamId, headAfter(entry));
  }
}
