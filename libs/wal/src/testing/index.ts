export { executionIn, LogBook, sampleDraft } from './log-book.js';
export { commandsFor, type LogCommand, outcomeOf } from './log-commands.js';
export { type AppendFate, MemoryFrameLog } from './memory-frame-log.js';
export { MemoryPartitionStore, storeBeside } from './memory-partition-store.js';
export { SAMPLE_DATA } from './sample-data.js';
export {
  SAMPLE_IDS,
  sampleArtifact,
  sampleAttribution,
  sampleCapability,
  sampleContract,
  sampleDecision,
  sampleError,
  sampleIntent,
} from './samples.js';
export { type OpenWal, WAL_PARTITIONS, type WalBench, type WalSuite } from './wal-suite.js';
