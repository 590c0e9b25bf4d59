export { APPEND_BYTES_MAX, assertContinues, assertFits, assertPartition, assertPlaced } from './append-checks.js';
export { decodeEntry, encodeEntry, entryHash, recordProblem } from './codec.js';
export { EMPTY_HEAD, type Entry, type Envelope, headAfter, type StoredEntry, type StreamHead } from './entry.js';
export {
  AppendInDoubt,
  AppendTooLarge,
  BrokenChain,
  Fenced,
  LogClosed,
  LogCorrupt,
  NotSent,
  Trimmed,
  UnfitLog,
} from './errors.js';
export {
  type ClaimFrame,
  type Cursor,
  compareCursors,
  type EntryFrame,
  type Frame,
  type PlacedFrame,
  START_CURSOR,
} from './frames/frame.js';
export { decodeFrame, encodeFrame } from './frames/frame-codec.js';
export type { Appended, Claimed, FrameListener, FrameLog, StopFollowing } from './frames/frame-log.js';
export {
  type FrameVerdict,
  judgeFrame,
  NO_PROGRESS,
  type PartitionProgress,
  progressAfter,
} from './frames/judge-frame.js';
export { MemoryWal } from './memory-wal.js';
export type { KeyRow, PartitionStore, ReferenceRow, StoreChange } from './partition-store.js';
export * from './records.js';
export type { JournalPlace } from './saga-records.js';
export { changesOf, isLastWord } from './store-changes.js';
export { auditOf, contentOf, grantsOf, partitionOf, partitionStream, refusalsOf, slotOfStream } from './streams.js';
export { type ChainFinding, verifyStream } from './verify.js';
export type { IndexedWal, Lease, Wal, WalDescription } from './wal.js';
