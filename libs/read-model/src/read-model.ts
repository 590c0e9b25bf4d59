import type { ExecutionPlace, RecordPlace } from './cursors.js';
import type { DataIndex } from './data-index.js';
import type { IntentTypeMetrics, MetricsFilter } from './execution-metrics.js';

export const EXECUTION_STATUSES = [
  'running',
  'waiting',
  'paused',
  'compensating',
  'completed',
  'failed',
  'cancelled',
  'compensated',
  'stuck',
] as const;
export type ListedStatus = (typeof EXECUTION_STATUSES)[number];

/** One execution as the log tells it. Times are ISO instants with milliseconds. */
export interface ListedExecution {
  readonly tenantId: string;
  readonly executionId: string;
  readonly intentId: string;
  readonly intentType: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly correlationId: string;
  readonly status: ListedStatus;
  readonly acceptedAt: string;
  readonly settledAt: string | null;
  /** Code of the error it failed with, or that left it paused to a person. */
  readonly errorCode: string | null;
  readonly partition: number;
  /** Seq of the last record of its stream. */
  readonly lastSeq: number;
}

/** What narrows a list; an absent member does not. `from` is included, `to` is not. */
export interface ExecutionFilter {
  readonly sessionId?: string;
  readonly intentType?: string;
  readonly status?: ListedStatus;
  readonly userId?: string;
  /** Only what goes no further without a person: stuck, or paused by an error. */
  readonly needsPerson?: true;
  readonly from?: Date;
  readonly to?: Date;
}

export interface ExecutionPage {
  readonly executions: readonly ListedExecution[];
  /** Where the next page starts; null at the end. */
  readonly next: ExecutionPlace | null;
}

/** Where the log keeps an entry; the body is read from there, and verified. */
export interface EntryLocation {
  readonly partition: number;
  readonly position: number;
  readonly streamId: string;
  readonly firstSeq: number;
  readonly occurredAt: string;
}

/** What narrows the search for entries. Times are those of the records, `from` included and `to` not. */
export interface EntryFilter {
  readonly executionId?: string;
  readonly sessionId?: string;
  readonly intentType?: string;
  /** A record type that the entry contains. */
  readonly type?: string;
  readonly from?: Date;
  readonly to?: Date;
}

/** Position of the last entry applied, by partition; a partition that is not there has none. */
export type Positions = ReadonlyMap<number, number>;

/**
 * Lists and searches. A fold of the log that follows it with a lag, and can be rebuilt from it: nothing is decided by it.
 * Every question is about one tenant. Rejects with a {@link FailureError} `read_model_unavailable` while PostgreSQL
 * cannot be asked.
 */
export interface ReadModel {
  /** Newest first: by acceptance, then by id. */
  executions(
    tenantId: string,
    filter: ExecutionFilter,
    after: ExecutionPlace | null,
    limit: number,
  ): Promise<ExecutionPage>;
  /**
   * Up to `limit` entries, the one named by `from` included. In the log's order when the filter names an execution, else
   * oldest first by time, and in the log's order among those of one partition and instant.
   */
  entries(
    tenantId: string,
    filter: EntryFilter,
    from: RecordPlace | null,
    limit: number,
  ): Promise<readonly EntryLocation[]>;
  /** Up to `limit` executions of a session, oldest first. */
  executionsOfSession(tenantId: string, sessionId: string, limit: number): Promise<readonly ListedExecution[]>;
  /** Executions of a span of time, counted by intent type, most first. */
  executionMetrics(tenantId: string, filter: MetricsFilter): Promise<readonly IntentTypeMetrics[]>;
  /** Executions of all tenants that need a person, counted by the realm of their intent. */
  needingPersonByRealm(): Promise<ReadonlyMap<string, number>>;
  readonly data: DataIndex;
  positions(): Promise<Positions>;
  /** Has the tables made again from the log, by the projector that is at work; resolves when that is durably asked for. */
  requestRebuild(): Promise<void>;
  close(): Promise<void>;
}
