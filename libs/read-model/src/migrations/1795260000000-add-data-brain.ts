import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddDataBrain1795260000000 implements MigrationInterface {
  name = 'AddDataBrain1795260000000';

  /** What was projected before knows nothing of references: the projector begins again with the log's first entry. */
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [DATA_ENTRY, ...DATA_ENTRY_INDEXES, DATA_SOURCE, ...DATA_SOURCE_INDEXES])
      await runner.query(statement);
    await runner.query(
      'TRUNCATE "read_model"."execution", "read_model"."log_entry", "read_model"."projection_position"',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['data_source', 'data_entry']) await runner.query(`DROP TABLE "read_model"."${table}"`);
  }
}

const DATA_ENTRY = `
  CREATE TABLE "read_model"."data_entry" (
    "tenant_id" varchar(128) COLLATE "C" NOT NULL,
    "partition" integer NOT NULL,
    "position" bigint NOT NULL,
    "seq" integer NOT NULL,
    "place" integer NOT NULL,
    "occurred_at" timestamptz(3) NOT NULL,
    "stream_id" varchar(256) COLLATE "C" NOT NULL,
    "reference" varchar(256) COLLATE "C" NOT NULL,
    "basis" varchar(16) COLLATE "C" NOT NULL,
    "user_id" varchar(128) COLLATE "C" NOT NULL,
    "execution_id" varchar(64) COLLATE "C",
    "resource_class" varchar(64) COLLATE "C",
    "content_ref" varchar(80) COLLATE "C",
    "size_bytes" bigint,
    "columns" jsonb NOT NULL,
    "source_count" integer NOT NULL,
    "decision_id" varchar(64) COLLATE "C",
    "pointers" jsonb NOT NULL,
    CONSTRAINT "pk_data_entry" PRIMARY KEY ("tenant_id", "partition", "position", "seq", "place")
  )`;

const DATA_ENTRY_INDEXES = [
  `CREATE INDEX "ix_data_entry_reference" ON "read_model"."data_entry"
    ("tenant_id", "reference", "occurred_at", "partition", "position", "seq", "place")`,
  `CREATE INDEX "ix_data_entry_execution" ON "read_model"."data_entry"
    ("tenant_id", "execution_id", "basis") WHERE "execution_id" IS NOT NULL`,
  `CREATE INDEX "ix_data_entry_recent" ON "read_model"."data_entry"
    ("tenant_id", "occurred_at", "reference") WHERE "basis" = 'registration'`,
  `CREATE INDEX "ix_data_entry_user" ON "read_model"."data_entry"
    ("tenant_id", "user_id", "occurred_at", "reference") WHERE "basis" = 'registration'`,
  `CREATE INDEX "ix_data_entry_standing" ON "read_model"."data_entry" ("tenant_id", "reference", "user_id")`,
];

const DATA_SOURCE = `
  CREATE TABLE "read_model"."data_source" (
    "tenant_id" varchar(128) COLLATE "C" NOT NULL,
    "partition" integer NOT NULL,
    "position" bigint NOT NULL,
    "seq" integer NOT NULL,
    "place" integer NOT NULL,
    "occurred_at" timestamptz(3) NOT NULL,
    "stream_id" varchar(256) COLLATE "C" NOT NULL,
    "source" varchar(256) COLLATE "C" NOT NULL,
    "reference" varchar(256) COLLATE "C" NOT NULL,
    "user_id" varchar(128) COLLATE "C" NOT NULL,
    "execution_id" varchar(64) COLLATE "C",
    CONSTRAINT "pk_data_source" PRIMARY KEY ("tenant_id", "partition", "position", "seq", "place")
  )`;

const DATA_SOURCE_INDEXES = [
  `CREATE INDEX "ix_data_source_source" ON "read_model"."data_source"
    ("tenant_id", "source", "occurred_at", "partition", "position", "seq", "place")`,
  `CREATE INDEX "ix_data_source_reference" ON "read_model"."data_source" ("tenant_id", "reference")`,
  `CREATE INDEX "ix_data_source_execution" ON "read_model"."data_source"
    ("tenant_id", "execution_id") WHERE "execution_id" IS NOT NULL`,
];
