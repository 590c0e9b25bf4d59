import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateReadModel1795219200000 implements MigrationInterface {
  name = 'CreateReadModel1795219200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [EXECUTION, ...EXECUTION_INDEXES, LOG_ENTRY, ...LOG_ENTRY_INDEXES, PROJECTION_POSITION])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['projection_position', 'log_entry', 'execution'])
      await runner.query(`DROP TABLE "read_model"."${table}"`);
  }
}

const EXECUTION = `
  CREATE TABLE "read_model"."execution" (
    "tenant_id" varchar(128) COLLATE "C" NOT NULL,
    "execution_id" varchar(64) COLLATE "C" NOT NULL,
    "intent_id" uuid NOT NULL,
    "intent_type" varchar(129) COLLATE "C" NOT NULL,
    "session_id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(128) COLLATE "C" NOT NULL,
    "correlation_id" varchar(128) COLLATE "C" NOT NULL,
    "status" varchar(16) COLLATE "C" NOT NULL,
    "accepted_at" timestamptz(3) NOT NULL,
    "settled_at" timestamptz(3),
    "error_code" varchar(64) COLLATE "C",
    "partition" integer NOT NULL,
    "last_seq" integer NOT NULL,
    CONSTRAINT "pk_execution" PRIMARY KEY ("tenant_id", "execution_id")
  )`;

/** Lists run backwards over these. Most executions are completed, so only the others are found by their status. */
const EXECUTION_INDEXES = [
  `CREATE INDEX "ix_execution_recent" ON "read_model"."execution" ("tenant_id", "accepted_at", "execution_id")`,
  `CREATE INDEX "ix_execution_session" ON "read_model"."execution"
    ("tenant_id", "session_id", "accepted_at", "execution_id")`,
  `CREATE INDEX "ix_execution_intent_type" ON "read_model"."execution"
    ("tenant_id", "intent_type", "accepted_at", "execution_id")`,
  `CREATE INDEX "ix_execution_user" ON "read_model"."execution"
    ("tenant_id", "user_id", "accepted_at", "execution_id")`,
  `CREATE INDEX "ix_execution_not_completed" ON "read_model"."execution"
    ("tenant_id", "status", "accepted_at", "execution_id") WHERE "status" <> 'completed'`,
];

const LOG_ENTRY = `
  CREATE TABLE "read_model"."log_entry" (
    "tenant_id" varchar(128) COLLATE "C" NOT NULL,
    "occurred_at" timestamptz(3) NOT NULL,
    "partition" integer NOT NULL,
    "position" bigint NOT NULL,
    "stream_id" varchar(256) COLLATE "C" NOT NULL,
    "first_seq" integer NOT NULL,
    "record_count" integer NOT NULL,
    "execution_id" varchar(64) COLLATE "C",
    "session_id" varchar(64) COLLATE "C",
    "intent_type" varchar(129) COLLATE "C",
    "record_types" text[] NOT NULL,
    "notable" boolean NOT NULL,
    CONSTRAINT "pk_log_entry" PRIMARY KEY ("tenant_id", "occurred_at", "partition", "position")
  )`;

const LOG_ENTRY_INDEXES = [
  `CREATE INDEX "ix_log_entry_execution" ON "read_model"."log_entry"
    ("tenant_id", "execution_id", "partition", "position") WHERE "execution_id" IS NOT NULL`,
  `CREATE INDEX "ix_log_entry_session" ON "read_model"."log_entry"
    ("tenant_id", "session_id", "occurred_at", "partition", "position") WHERE "session_id" IS NOT NULL`,
  `CREATE INDEX "ix_log_entry_intent_type" ON "read_model"."log_entry"
    ("tenant_id", "intent_type", "occurred_at", "partition", "position") WHERE "intent_type" IS NOT NULL`,
  `CREATE INDEX "ix_log_entry_notable" ON "read_model"."log_entry"
    ("tenant_id", "occurred_at", "partition", "position") WHERE "notable"`,
];

const PROJECTION_POSITION = `
  CREATE TABLE "read_model"."projection_position" (
    "partition" integer NOT NULL,
    "position" bigint NOT NULL,
    "hash" bytea NOT NULL,
    CONSTRAINT "pk_projection_position" PRIMARY KEY ("partition")
  )`;
