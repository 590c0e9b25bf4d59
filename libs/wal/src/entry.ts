import type { LogRecord } from './records.js';

/** One atomic append to one stream. `body` is what is stored and hashed; nothing else is needed to check it. */
export interface Entry {
  readonly streamId: string;
  /** Seq of the first record; records are dense from here. */
  readonly firstSeq: number;
  readonly recordCount: number;
  /** SHA-256 (32 bytes) of the stream's previous entry; zeros for the first. */
  readonly prevHash: Buffer;
  readonly hash: Buffer;
  /** Canonical JSON, UTF-8. */
  readonly body: Buffer;
  /** The decoded body. */
  readonly records: readonly LogRecord[];
}

/** Where the log keeps an entry. Not hashed: four backends give the same entries different envelopes. */
export interface Envelope {
  readonly partition: number;
  /** 1 + the position of the last valid entry of the partition; never a backend's offset. */
  readonly position: number;
  readonly epoch: number;
}

export type StoredEntry = Entry & Envelope;

/** The end of a stream: what the next entry must continue. */
export interface StreamHead {
  readonly nextSeq: number;
  readonly lastHash: Buffer;
}

export const EMPTY_HEAD: StreamHead = { nextSeq: 1, lastHash: Buffer.alloc(32) };

export const headAfter = (entry: Entry): StreamHead => ({
  nextSeq: entry.firstSeq + entry.recordCount,
  lastHash: entry.hash,
});
