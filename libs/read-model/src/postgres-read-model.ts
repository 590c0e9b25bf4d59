import { FailureError } from '@intendant/intent-model';
import type { DataSource, EntityManager, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { ExecutionPlace, RecordPlace } from './cursors.js';
import type { DataIndex } from './data-index.js';
import { openDatabase } from './database.js';
import { ExecutionRow } from './entities/execution.entity.js';
import { LogEntryRow } from './entities/log-entry.entity.js';
import { executionMetrics, type IntentTypeMetrics, type MetricsFilter } from './execution-metrics.js';
import { PostgresDataIndex } from './postgres-data-index.js';
import { isRoutine } from './projection.js';
import type {
  EntryFilter,
  EntryLocation,
  ExecutionFilter,
  ExecutionPage,
  ListedExecution,
  Positions,
  ReadModel,
} from './read-model.js';
import { asOverseer, inTenant } from './tenant-transaction.js';
import { unavailability } from './unavailability.js';

const CONNECTIONS_MAX = 4;
const STATEMENT_MS_MAX = 4_000;

/** Asks the tables that the projector writes. Connects at the first question, and again after a failure. */
export class PostgresReadModel implements ReadModel {
  readonly data: DataIndex = new PostgresDataIndex((tenantId, work) => this.#inTenant(tenantId, work));
  #database: Promise<DataSource> | undefined;

  constructor(
    private readonly url: string,
    private readonly onConnectionLost: (error: unknown) => void = () => undefined,
  ) {}

  executions(
    tenantId: string,
    filter: ExecutionFilter,
    after: ExecutionPlace | null,
    limit: number,
  ): Promise<ExecutionPage> {
    return this.#inTenant(tenantId, async (manager) => {
      const query = executionsOf(manager, tenantId);
      narrow(query, 'execution.sessionId = :sessionId', { sessionId: filter.sessionId });
      narrow(query, 'execution.intentType = :intentType', { intentType: filter.intentType });
      narrow(query, 'execution.status = :status', { status: filter.status });
      narrow(query, 'execution.userId = :userId', { userId: filter.userId });
      if (filter.needsPerson) query.andWhere(NEEDS_PERSON);
      narrow(query, 'execution.acceptedAt >= :from', { from: filter.from });
      narrow(query, 'execution.acceptedAt < :to', { to: filter.to });
      if (after !== null)
        query.andWhere('(execution.acceptedAt, execution.executionId) < (:acceptedAt, :executionId)', after);
      query.orderBy({ 'execution.acceptedAt': 'DESC', 'execution.executionId': 'DESC' }).limit(limit + 1);
      const rows = await query.getMany();
      const executions = rows.slice(0, limit).map(listed);
      return { executions, next: rows.length > limit ? (executions.at(-1) ?? null) : null };
    });
  }

  entries(
    tenantId: string,
    filter: EntryFilter,
    from: RecordPlace | null,
    limit: number,
  ): Promise<readonly EntryLocation[]> {
    return this.#inTenant(tenantId, async (manager) => {
      const query = manager
        .getRepository(LogEntryRow)
        .createQueryBuilder('entry')
        .where('entry.tenantId = :tenantId', { tenantId });
      narrow(query, 'entry.executionId = :executionId', { executionId: filter.executionId });
      narrow(query, 'entry.sessionId = :sessionId', { sessionId: filter.sessionId });
      narrow(query, 'entry.intentType = :intentType', { intentType: filter.intentType });
      narrow(query, ':type = ANY(entry.recordTypes)', { type: filter.type });
      if (filter.type !== undefined && !isRoutine(filter.type)) query.andWhere('entry.notable');
      narrow(query, 'entry.occurredAt >= :since', { since: filter.from });
      narrow(query, 'entry.occurredAt < :to', { to: filter.to });
      // also of one execution: what happened beside it is in other partitions
      const place = ['occurredAt', 'partition', 'position'];
      const columns = place.map((name) => `entry.${name}`);
      if (from !== null)
        query.andWhere(`(${columns.join()}) >= (${place.map((name) => `:${name}`).join()})`, { ...from });
      for (const column of columns) query.addOrderBy(column, 'ASC');
      return (await query.limit(limit).getMany()).map(located);
    });
  }

  executionsOfSession(tenantId: string, sessionId: string, limit: number): Promise<readonly ListedExecution[]> {
    return this.#inTenant(tenantId, async (manager) => {
      const query = executionsOf(manager, tenantId).andWhere('execution.sessionId = :sessionId', { sessionId });
      query.orderBy({ 'execution.acceptedAt': 'ASC', 'execution.executionId': 'ASC' }).limit(limit);
      return (await query.getMany()).map(listed);
    });
  }

  executionMetrics(tenantId: string, filter: MetricsFilter): Promise<readonly IntentTypeMetrics[]> {
    return this.#inTenant(tenantId, (manager) => executionMetrics(manager, tenantId, filter));
  }

  async needingPersonByRealm(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#ask((database) =>
      asOverseer<{ realm: string; count: string }>(database, NEEDING_PERSON_BY_REALM),
    );
    return new Map(rows.map(({ realm, count }) => [realm, Number(count)]));
  }

  async positions(): Promise<Positions> {
    const rows = await this.#ask((database) =>
      asOverseer<{ partition: number; position: string }>(database, POSITIONS),
    );
    return new Map(rows.map(({ partition, position }) => [partition, Number(position)]));
  }

  async requestRebuild(): Promise<void> {
    await this.#ask((database) => asOverseer(database, REQUEST_REBUILD));
  }

  async close(): Promise<void> {
    const database = await this.#database?.catch(() => undefined);
    this.#database = undefined;
    await database?.destroy();
  }

  /** Every question about a tenant passes here. */
  #inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#ask((database) => inTenant(database, tenantId, work));
  }

  async #ask<T>(work: (database: DataSource) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#connected());
    } catch (error) {
      const found = unavailability(error);
      throw found === null ? error : new FailureError(found);
    }
  }

  #connected(): Promise<DataSource> {
    if (this.#database !== undefined) return this.#database;
    const opening = openDatabase({
      url: this.url,
      applicationName: 'intendant-lists',
      connectionsMax: CONNECTIONS_MAX,
      statementMs: STATEMENT_MS_MAX,
      synchronousCommit: true,
      onConnectionLost: this.onConnectionLost,
    });
    this.#database = opening;
    opening.catch(() => {
      if (this.#database === opening) this.#database = undefined;
    });
    return opening;
  }
}

/** The first half is what the partial index is chosen by. */
const NEEDS_PERSON = `"status" IN ('stuck', 'paused') AND ("status" = 'stuck' OR "error_code" IS NOT NULL)`;

const NEEDING_PERSON_BY_REALM = `
  SELECT split_part("intent_type", '.', 1) AS "realm", count(*) AS "count" FROM "read_model"."execution"
  WHERE ${NEEDS_PERSON} GROUP BY 1`;

const POSITIONS = 'SELECT "partition", "position" FROM "read_model"."projection_position"';

const REQUEST_REBUILD = 'INSERT INTO "read_model"."rebuild_request" VALUES (true) ON CONFLICT DO NOTHING';

const executionsOf = (manager: EntityManager, tenantId: string): SelectQueryBuilder<ExecutionRow> =>
  manager
    .getRepository(ExecutionRow)
    .createQueryBuilder('execution')
    .where('execution.tenantId = :tenantId', { tenantId });

/** Adds the condition if its parameter is there: an undefined one never reaches TypeORM. */
function narrow<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  condition: string,
  parameter: ObjectLiteral,
): void {
  if (Object.values(parameter).every((value) => value !== undefined)) query.andWhere(condition, parameter);
}

const listed = (row: ExecutionRow): ListedExecution => ({
  tenantId: row.tenantId,
  executionId: row.executionId,
  intentId: row.intentId,
  intentType: row.intentType,
  sessionId: row.sessionId,
  userId: row.userId,
  correlationId: row.correlationId,
  status: row.status,
  acceptedAt: row.acceptedAt.toISOString(),
  settledAt: row.settledAt?.toISOString() ?? null,
  errorCode: row.errorCode,
  partition: row.partition,
  lastSeq: row.lastSeq,
});

const located = (row: LogEntryRow): EntryLocation => ({
  partition: row.partition,
  position: Number(row.position),
  streamId: row.streamId,
  firstSeq: row.firstSeq,
  occurredAt: row.occurredAt.toISOString(),
});
