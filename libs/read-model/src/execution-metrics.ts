import type { EntityManager } from 'typeorm';

/** Which executions are counted: those that were accepted from `from` on and before `to`. */
export interface MetricsFilter {
  readonly from: Date;
  readonly to: Date;
  /** Null for everybody's. */
  readonly userId: string | null;
}

/** Counts of executions of one intent type, by how they stand now. */
export interface IntentTypeMetrics {
  readonly intentType: string;
  readonly total: number;
  /** Completed. */
  readonly successful: number;
  readonly failed: number;
  /** Undone after something failed, or because somebody asked for it. */
  readonly compensated: number;
  readonly cancelled: number;
  /** Need a person; they have not ended. */
  readonly stuck: number;
  /** Running, waiting, paused or being undone. */
  readonly unsettled: number;
  /** From acceptance to the end of all that ended, summed; those that are stuck have not. In milliseconds. */
  readonly endedMs: number;
}

/** One row for each intent type, most executions first. */
export async function executionMetrics(
  manager: EntityManager,
  tenantId: string,
  { from, to, userId }: MetricsFilter,
): Promise<readonly IntentTypeMetrics[]> {
  const rows: MetricsRow[] = await manager.query(METRICS, [tenantId, from, to, userId]);
  return rows.map(({ intent_type: intentType, total, ended_ms: endedMs, ...counts }) => {
    const { successful, failed, compensated, cancelled, stuck } = counts;
    const unsettled = total - successful - failed - compensated - cancelled - stuck;
    return { intentType, total, successful, failed, compensated, cancelled, stuck, unsettled, endedMs };
  });
}

interface MetricsRow {
  readonly intent_type: string;
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  readonly compensated: number;
  readonly cancelled: number;
  readonly stuck: number;
  readonly ended_ms: number;
}

const countOf = (status: string, name: string): string =>
  `count(*) FILTER (WHERE "status" = '${status}')::int AS "${name}"`;

/** $1: tenant; $2, $3: from and to; $4: user or null. */
const METRICS = `
  SELECT "intent_type", count(*)::int AS "total", ${countOf('completed', 'successful')}, ${countOf('failed', 'failed')},
    ${countOf('compensated', 'compensated')}, ${countOf('cancelled', 'cancelled')}, ${countOf('stuck', 'stuck')},
    coalesce(extract(epoch FROM sum("settled_at" - "accepted_at") FILTER (WHERE "status" <> 'stuck')) * 1000, 0)::float8
      AS "ended_ms"
  FROM "read_model"."execution"
  WHERE "tenant_id" = $1 AND "accepted_at" >= $2 AND "accepted_at" < $3 AND ($4::varchar IS NULL OR "user_id" = $4)
  GROUP BY "intent_type" ORDER BY 2 DESC, 1`;
