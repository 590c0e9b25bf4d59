import type { ProjectedDataEntry, ProjectedDataSource } from './data-projection.js';
import type { SqlRunner } from './sql-runner.js';

/** Inserts what a batch says about references. Lists travel as JSON, because an array of arrays must be rectangular. */
export async function insertDataEntries(runner: SqlRunner, rows: readonly ProjectedDataEntry[]): Promise<void> {
  if (rows.length === 0) return;
  await runner.query(
    `INSERT INTO "read_model"."data_entry" (
       "tenant_id", "partition", "position", "seq", "place", "occurred_at", "stream_id", "reference", "basis", "user_id",
       "execution_id", "resource_class", "content_ref", "size_bytes", "columns", "source_count", "decision_id", "pointers")
     SELECT * FROM unnest(
       $1::varchar[], $2::int[], $3::bigint[], $4::int[], $5::int[], $6::timestamptz[], $7::varchar[], $8::varchar[],
       $9::varchar[], $10::varchar[], $11::varchar[], $12::varchar[], $13::varchar[], $14::bigint[], $15::jsonb[],
       $16::int[], $17::varchar[], $18::jsonb[])`,
    [
      rows.map((row) => row.origin.tenantId),
      rows.map((row) => row.origin.partition),
      rows.map((row) => row.origin.position),
      rows.map((row) => row.origin.seq),
      rows.map((row) => row.place),
      rows.map((row) => row.origin.occurredAt),
      rows.map((row) => row.origin.streamId),
      rows.map((row) => row.reference),
      rows.map((row) => row.basis),
      rows.map((row) => row.userId),
      rows.map((row) => row.origin.executionId),
      rows.map((row) => row.resourceClass),
      rows.map((row) => row.contentRef),
      rows.map((row) => row.sizeBytes),
      rows.map((row) => JSON.stringify(row.columns)),
      rows.map((row) => row.sourceCount),
      rows.map((row) => row.decisionId),
      rows.map((row) => JSON.stringify(row.pointers)),
    ],
  );
}

export async function insertDataSources(runner: SqlRunner, rows: readonly ProjectedDataSource[]): Promise<void> {
  if (rows.length === 0) return;
  await runner.query(
    `INSERT INTO "read_model"."data_source" (
       "tenant_id", "partition", "position", "seq", "place", "occurred_at", "stream_id", "source", "reference", "user_id",
       "execution_id")
     SELECT * FROM unnest(
       $1::varchar[], $2::int[], $3::bigint[], $4::int[], $5::int[], $6::timestamptz[], $7::varchar[], $8::varchar[],
       $9::varchar[], $10::varchar[], $11::varchar[])`,
    [
      rows.map((row) => row.origin.tenantId),
      rows.map((row) => row.origin.partition),
      rows.map((row) => row.origin.position),
      rows.map((row) => row.origin.seq),
      rows.map((row) => row.place),
      rows.map((row) => row.origin.occurredAt),
      rows.map((row) => row.origin.streamId),
      rows.map((row) => row.source),
      rows.map((row) => row.reference),
      rows.map((row) => row.userId),
      rows.map((row) => row.origin.executionId),
    ],
  );
}
