export {
  type ExecutionPlace,
  executionCursor,
  executionPlaceOf,
  type ProvenancePlace,
  provenanceCursor,
  provenancePlaceOf,
  type RecordPlace,
  type ReferencePlace,
  recordCursor,
  recordPlaceOf,
  referenceCursor,
  referencePlaceOf,
} from './cursors.js';
export type { DataIndex, DataScope, ProvenancePage, ReferenceFilter, ReferencePage } from './data-index.js';
export type { IntentTypeMetrics, MetricsFilter } from './execution-metrics.js';
export { type HaltedPartition, NOT_CONNECTED, type ProjectorReport } from './projector-report.js';
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
