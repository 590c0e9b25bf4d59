import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRegistry1777888800001 implements MigrationInterface {
  name = 'CreateRegistry1777888800001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE "curator"."capability" (
        "name" varchar(129) NOT NULL,
        "version" varchar(20) NOT NULL,
        "digest" char(64) NOT NULL,
        "document" jsonb NOT NULL,
        "service" varchar(128) NOT NULL,
        "registered_at" timestamptz(3) NOT NULL,
        CONSTRAINT "pk_capability" PRIMARY KEY ("name", "version"),
        CONSTRAINT "ck_capability_digest" CHECK ("digest" ~ '^[0-9a-f]{64}$')
      )`);
    await runner.query(`CREATE INDEX "ix_capability_service" ON "curator"."capability" ("service")`);
    await runner.query(`
      CREATE TABLE "curator"."registry_revision" (
        "singleton" boolean NOT NULL,
        "value" integer NOT NULL,
        CONSTRAINT "pk_registry_revision" PRIMARY KEY ("singleton"),
        CONSTRAINT "ck_registry_revision_single" CHECK ("singleton"),
        CONSTRAINT "ck_registry_revision_value" CHECK ("value" >= 0)
      )`);
    await runner.query(`INSERT INTO "curator"."registry_revision" ("singleton", "value") VALUES (true, 0)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "curator"."registry_revision"');
    await runner.query('DROP TABLE "curator"."capability"');
  }
}
