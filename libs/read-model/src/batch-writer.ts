import { insertDataEntries, insertDataSources } from './data-writer.js';
import type { PartitionAdvance, ProjectionBatch } from './projection-batch.js';
import { inTransaction, type SqlRunner } from './sql-runner.js';

/** The database is not where this projector left it: another one wrote, it was rebuilt, or a commit was not answered. */
export class PositionMoved extends Error {
  constructor(partition: number) {
    super(`partition ${partition} is at another position than the last one applied`);
    this.name = 'PositionMoved';
  }
}

/**
 * Writes rows and positions in one transaction: all of it or nothing. Throws {@link PositionMoved}, with nothing written,
 * unless every partition is where the batch starts.
 */
export function writeBatch(runner: SqlRunner, batch: ProjectionBatch): Promise<void> {
  return inTransaction(runner, async () => {
    await lockPositions(runner, batch.advances);
    if (batch.started.length > 0) await insertExecutions(runner, batch);
    if (batch.progress.length > 0) await updateExecutions(runner, batch);
    await insertEntries(runner, batch);
    await insertDataEntries(runner, batch.dataEntries);
    await insertDataSources(runner, batch.dataSources);
    await movePositions(runner, batch.advances);
  });
}

async function lockPositions(runner: SqlRunner, advances: readonly PartitionAdvance[]): Promise<void> {
  const rows: { partition: number; position: string }[] = await runner.query(
    `SELECT "partition", "position" FROM "read_model"."projection_position"
     WHERE "partition" = ANY($1::int[]) ORDER BY "partition" FOR UPDATE`,
    [advances.map((advance) => advance.partition)],
  );
  const held = new Map(rows.map((row) => [row.partition, Number(row.position)]));
  for (const { partition, from } of advances)
    if (held.get(partition) !== from.position) throw new PositionMoved(partition);
}

async function insertExecutions(runner: SqlRunner, { started }: ProjectionBatch): Promise<void> {
  await runner.query(
    `INSERT INTO "read_model"."execution" (
       "tenant_id", "execution_id", "intent_id", "intent_type", "session_id", "user_id", "correlation_id", "status",
       "accepted_at", "settled_at", "error_code", "partition", "last_seq")
     SELECT * FROM unnest(
       $1::varchar[], $2::varchar[], $3::uuid[], $4::varchar[], $5::varchar[], $6::varchar[], $7::varchar[], $8::varchar[],
       $9::timestamptz[], $10::timestamptz[], $11::varchar[], $12::int[], $13::int[])`,
    [
      started.map((row) => row.tenantId),
      started.map((row) => row.executionId),
      started.map((row) => row.intentId),
      started.map((row) => row.intentType),
      started.map((row) => row.sessionId),
      started.map((row) => row.userId),
      started.map((row) => row.correlationId),
      started.map((row) => row.status),
      started.map((row) => row.acceptedAt),
      started.map((row) => row.settledAt),
      started.map((row) => row.errorCode),
      started.map((row) => row.partition),
      started.map((row) => row.lastSeq),
    ],
  );
}

async function updateExecutions(runner: SqlRunner, { progress }: ProjectionBatch): Promise<void> {
  await runner.query(
    `UPDATE "read_model"."execution" AS held SET
       "status" = coalesce(later."status", held."status"),
       "settled_at" = CASE WHEN later."status" IS NULL THEN held."settled_at" ELSE later."settled_at" END,
       "error_code" = CASE WHEN later."status" IS NULL THEN held."error_code" ELSE later."error_code" END,
       "last_seq" = later."last_seq"
     FROM unnest($1::varchar[], $2::varchar[], $3::varchar[], $4::timestamptz[], $5::varchar[], $6::int[])
       AS later ("tenant_id", "execution_id", "status", "settled_at", "error_code", "last_seq")
     WHERE held."tenant_id" = later."tenant_id" AND held."execution_id" = later."execution_id"`,
    [
      progress.map((change) => change.tenantId),
      progress.map((change) => change.executionId),
      progress.map((change) => change.status),
      progress.map((change) => change.settledAt),
      progress.map((change) => change.errorCode),
      progress.map((change) => change.lastSeq),
    ],
  );
}

/**
 * An entry that does not say its intent type is given the one its own stream was accepted with: that is in the same
 * partition, hence applied before it, so that the rows do not depend on how partitions interleave. Record types travel
 * as one text per row, because an array of arrays must be rectangular.
 */
async function insertEntries(runner: SqlRunner, { entries }: ProjectionBatch): Promise<void> {
  await runner.query(
    `INSERT INTO "read_model"."log_entry" (
       "tenant_id", "occurred_at", "partition", "position", "stream_id", "first_seq", "record_count", "execution_id",
       "session_id", "intent_type", "record_types", "notable")
     SELECT said."tenant_id", said."occurred_at", said."partition", said."position", said."stream_id", said."first_seq",
       said."record_count", said."execution_id", said."session_id",
       coalesce(said."intent_type", (
         SELECT held."intent_type" FROM "read_model"."execution" AS held
         WHERE held."tenant_id" = said."tenant_id" AND held."execution_id" = said."stream_id")),
       string_to_array(said."record_types", ','), said."notable"
     FROM unnest(
       $1::varchar[], $2::timestamptz[], $3::int[], $4::bigint[], $5::varchar[], $6::int[], $7::int[], $8::varchar[],
       $9::varchar[], $10::varchar[], $11::text[], $12::boolean[])
       AS said ("tenant_id", "occurred_at", "partition", "position", "stream_id", "first_seq", "record_count",
         "execution_id", "session_id", "intent_type", "record_types", "notable")`,
    [
      entries.map((entry) => entry.tenantId),
      entries.map((entry) => entry.occurredAt),
      entries.map((entry) => entry.partition),
      entries.map((entry) => entry.position),
      entries.map((entry) => entry.streamId),
      entries.map((entry) => entry.firstSeq),
      entries.map((entry) => entry.recordCount),
      entries.map((entry) => entry.executionId),
      entries.map((entry) => entry.sessionId),
      entries.map((entry) => entry.intentType),
      entries.map((entry) => entry.recordTypes.join(',')),
      entries.map((entry) => entry.notable),
    ],
  );
}

async function movePositions(runner: SqlRunner, advances: readonly PartitionAdvance[]): Promise<void> {
  await runner.query(
    `UPDATE "read_model"."projection_position" AS held SET "position" = reached."position", "hash" = reached."hash"
     FROM unnest($1::int[], $2::bigint[], $3::bytea[]) AS reached ("partition", "position", "hash")
     WHERE held."partition" = reached."partition"`,
    [
      advances.map((advance) => advance.partition),
      advances.map((advance) => advance.to.position),
      advances.map((advance) => advance.to.hash),
    ],
  );
}
