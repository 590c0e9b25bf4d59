export {
  type ExecutionPlace,
  executionCursor,
  executionPlaceOf,
  type RecordPlace,
  recordCursor,
  recordPlaceOf,
} from './cursors.js';
export { PostgresReadModel } from './postgres-read-model.js';
export type { HaltedPartition } from './projector.js';
export { NOT_CONNECTED, ProjectorLoop, type ProjectorReport, type WatchedLog } from './projector-loop.js';
export {
  type EntryFilter,
  type EntryLocation,
  EXECUTION_STATUSES,
  type ExecutionFilter,
  type ExecutionPage,
  type ListedExecution,
  type ListedStatus,
  type Positions,
  type ReadModel,
} from './read-model.js';
