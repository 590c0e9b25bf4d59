import type { LogRecord, RecordType, StoredEntry } from '@intendant/wal';
import type { ListedExecution, ListedStatus } from './read-model.js';

/** A row of `log_entry`. `intentType` is null when the entry does not say it. */
export interface ProjectedEntry {
  readonly tenantId: string;
  readonly occurredAt: string;
  readonly partition: number;
  readonly position: number;
  readonly streamId: string;
  readonly firstSeq: number;
  readonly recordCount: number;
  readonly executionId: string | null;
  readonly sessionId: string | null;
  readonly intentType: string | null;
  readonly recordTypes: readonly string[];
  readonly notable: boolean;
}

/** What entries after the acceptance change in an execution's row; null leaves a column as it is. */
export interface ExecutionProgress {
  readonly tenantId: string;
  readonly executionId: string;
  readonly status: ListedStatus | null;
  readonly settledAt: string | null;
  readonly errorCode: string | null;
  readonly lastSeq: number;
}

/** What an execution that simply succeeds records. Entries with anything else are few, and found by an index of theirs. */
const ROUTINE: ReadonlySet<string> = new Set<RecordType>([
  'intent.received',
  'policy.decided',
  'capability.resolved',
  'intent.accepted',
  'execution.started',
  'step.started',
  'step.succeeded',
  'artifact.recorded',
  'state.changed',
  'event.emitted',
  'execution.completed',
]);

export const isRoutine = (recordType: string): boolean => ROUTINE.has(recordType);

export function projectedEntry(entry: StoredEntry): ProjectedEntry {
  const first = entry.records[0] as LogRecord;
  const recordTypes = [...new Set(entry.records.map((record) => record.type))];
  return {
    tenantId: first.tenantId,
    occurredAt: first.occurredAt,
    partition: entry.partition,
    position: entry.position,
    streamId: entry.streamId,
    firstSeq: entry.firstSeq,
    recordCount: entry.recordCount,
    executionId: first.executionId,
    sessionId: first.sessionId,
    intentType: intentTypeOf(entry.records),
    recordTypes,
    notable: recordTypes.some((type) => !isRoutine(type)),
  };
}

function intentTypeOf(records: readonly LogRecord[]): string | null {
  const received = records.find((record) => record.type === 'intent.received');
  return received?.data.intent.intentType ?? null;
}

/** The row of an execution that this entry starts, or null when it starts none. */
export function startedExecution(entry: StoredEntry): ListedExecution | null {
  if (!isExecutionsOwn(entry) || entry.firstSeq !== 1) return null;
  const received = entry.records.find((record) => record.type === 'intent.received');
  const accepted = entry.records.find((record) => record.type === 'intent.accepted');
  if (received === undefined || accepted === undefined) return null;
  const { intent } = received.data;
  const started: ListedExecution = {
    tenantId: received.tenantId,
    executionId: entry.streamId,
    intentId: intent.intentId,
    intentType: intent.intentType,
    sessionId: intent.sessionId,
    userId: intent.userId,
    correlationId: intent.correlationId,
    status: 'running',
    acceptedAt: accepted.occurredAt,
    settledAt: null,
    errorCode: null,
    partition: entry.partition,
    lastSeq: 0,
  };
  return progressed(started, progressOf(entry) as ExecutionProgress);
}

/** What this entry changes in its execution; null when it is of another kind of stream. */
export function progressOf(entry: StoredEntry): ExecutionProgress | null {
  if (!isExecutionsOwn(entry)) return null;
  const { tenantId } = entry.records[0] as LogRecord;
  const lastSeq = entry.firstSeq + entry.recordCount - 1;
  const nothing = { tenantId, executionId: entry.streamId, status: null, settledAt: null, errorCode: null, lastSeq };
  const progress = Object.assign(nothing, ...entry.records.map(changeBy)) as ExecutionProgress;
  return awaitsApproval(entry.records) ? { ...progress, status: 'waiting' } : progress;
}

/** An acceptance after which nothing starts until somebody approves it. */
const awaitsApproval = (records: readonly LogRecord[]): boolean =>
  records.some((record) => record.type === 'policy.decided' && record.data.decision.effect === 'require_approval');

const isExecutionsOwn = (entry: StoredEntry): boolean => entry.records[0]?.executionId === entry.streamId;

function changeBy(record: LogRecord): Partial<ExecutionProgress> {
  switch (record.type) {
    case 'execution.started':
    case 'execution.resumed':
    case 'step.started':
    case 'step.resumed':
      return { status: 'running', settledAt: null, errorCode: null };
    case 'step.retry_scheduled':
    case 'step.suspended':
      return { status: 'waiting' };
    case 'execution.paused':
      return { status: 'paused', errorCode: record.data.errorCode ?? null };
    case 'execution.compensating':
    case 'compensation.started':
      return { status: 'compensating' };
    case 'execution.compensated':
      return { status: 'compensated', settledAt: record.occurredAt, errorCode: record.data.error?.code ?? null };
    case 'execution.cancelled':
      return { status: 'cancelled', settledAt: record.occurredAt };
    case 'execution.completed':
      return { status: 'completed', settledAt: record.occurredAt };
    case 'execution.failed':
      return { status: 'failed', settledAt: record.occurredAt, errorCode: record.data.error.code };
    case 'execution.stuck':
      return { status: 'stuck', settledAt: record.occurredAt };
    default:
      return {};
  }
}

/** `later` on top of what is known already. A new status says whether it has settled, and with what; a stuck one may go on. */
export const progressed = <T extends ListedExecution | ExecutionProgress>(known: T, later: ExecutionProgress): T => ({
  ...known,
  status: later.status ?? known.status,
  settledAt: later.status === null ? known.settledAt : later.settledAt,
  errorCode: later.status === null ? known.errorCode : later.errorCode,
  lastSeq: later.lastSeq,
});
