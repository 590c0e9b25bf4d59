import { decodeEntry, EMPTY_HEAD, headAfter, LogCorrupt, partitionOf, type StreamHead } from '@intendant/wal';
import { type EntryRow, hashedOf } from './entry-row.js';

export interface StreamFinding {
  readonly streamId: string;
  /** Seq of the first record that is not as it must be. */
  readonly seq: number;
  readonly finding: string;
}

/**
 * Judges entries in the order (stream, seq), each by its own bytes and by the entry before it. Holds one head, however
 * long the log is; a stream is judged up to its first fault, since nothing after it can be trusted.
 */
export class StreamVerifier {
  streams = 0;
  entries = 0;
  records = 0;
  #streamId: string | undefined;
  #head: StreamHead = EMPTY_HEAD;
  #broken = false;
  #sound = true;

  constructor(private readonly partitionCount: number) {}

  /** Whether nothing was found so far. */
  get isSound(): boolean {
    return this.#sound;
  }

  /** What is wrong with the stream at this entry, or null. */
  next(row: EntryRow): StreamFinding | null {
    const hashed = hashedOf(row);
    const { streamId } = hashed;
    if (streamId !== this.#streamId) {
      this.#streamId = streamId;
      this.#head = EMPTY_HEAD;
      this.#broken = false;
      this.streams += 1;
    }
    this.entries += 1;
    this.records += row.recordCount;
    if (this.#broken) return null;
    const finding = this.#judge(hashed, row.partition);
    this.#broken = finding !== null;
    this.#sound &&= !this.#broken;
    return finding === null ? null : { streamId, seq: row.firstSeq, finding };
  }

  #judge(hashed: ReturnType<typeof hashedOf>, partition: number): string | null {
    const { streamId, firstSeq, prevHash } = hashed;
    const { nextSeq, lastHash } = this.#head;
    if (firstSeq !== nextSeq) return `expected seq ${nextSeq}: records are missing or repeated`;
    const place = partitionOf(streamId, this.partitionCount);
    if (partition !== place) return `is in partition ${partition}; its stream belongs to ${place}`;
    if (!prevHash.equals(lastHash)) return 'does not continue the hash chain';
    try {
      const entry = decodeEntry(hashed);
      const misnumbered = entry.records.find((record, index) => record.seq !== firstSeq + index);
      if (misnumbered !== undefined) return `a record inside says seq ${misnumbered.seq}`;
      this.#head = headAfter(entry);
      return null;
    } catch (error) {
      return error instanceof LogCorrupt ? error.finding : `body is not an entry: ${(error as Error).message}`;
    }
  }
}
