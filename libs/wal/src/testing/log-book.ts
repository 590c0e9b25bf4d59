import { encodeEntry } from '../codec.js';
import { EMPTY_HEAD, type Entry, headAfter, type StreamHead } from '../entry.js';
import type { RecordDraft, RecordType } from '../records.js';
import { SAMPLE_DATA } from './sample-data.js';
import { SAMPLE_IDS, sampleAttribution } from './samples.js';

/** An execution's id that falls into `partition`, the n-th of them. */
export const executionIn = (partition: number, n = 0): string =>
  `exe_${n.toString(16).padStart(28, '0')}${partition.toString(16).padStart(4, '0')}`;

export const sampleDraft = <T extends RecordType>(type: T): RecordDraft =>
  ({ type, data: SAMPLE_DATA[type], actor: 'runtime', cause: null }) as RecordDraft;

/** Writes entries that continue their streams, and remembers the heads: the side of the caller. */
export class LogBook {
  readonly #heads = new Map<string, StreamHead>();

  headOf(streamId: string): StreamHead {
    return this.#heads.get(streamId) ?? EMPTY_HEAD;
  }

  /** The next entry of a stream, with `count` records; written down as if it will be appended. */
  next(streamId: string, count = 1): Entry {
    const entry = this.peek(streamId, count);
    this.#heads.set(streamId, headAfter(entry));
    return entry;
  }

  /** The same without writing it down. */
  peek(streamId: string, count = 1): Entry {
    const drafts = Array.from({ length: count }, () => sampleDraft('event.emitted'));
    return encodeEntry(streamId, this.headOf(streamId), sampleAttribution(streamId), SAMPLE_IDS.at, drafts);
  }
}
