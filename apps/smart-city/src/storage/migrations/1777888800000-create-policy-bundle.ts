import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePolicyBundle1777888800000 implements MigrationInterface {
  name = 'CreatePolicyBundle1777888800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE "smart_city"."policy_bundle" (
        "tenant_id" varchar(128) NOT NULL,
        "revision" integer NOT NULL,
        "digest" char(64) NOT NULL,
        "document" jsonb NOT NULL,
        "published_by" varchar(128) NOT NULL,
        "published_at" timestamptz(3) NOT NULL,
        CONSTRAINT "pk_policy_bundle" PRIMARY KEY ("tenant_id", "revision"),
        CONSTRAINT "uq_policy_bundle_tenant_digest" UNIQUE ("tenant_id", "digest"),
        CONSTRAINT "ck_policy_bundle_revision" CHECK ("revision" > 0)
      )`);
    await runner.query(`
      CREATE FUNCTION "smart_city"."refuse_change"() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'published policies are never changed or removed'; END $$`);
    await runner.query(`
      CREATE TRIGGER "tg_policy_bundle_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "smart_city"."policy_bundle"
      FOR EACH STATEMENT EXECUTE FUNCTION "smart_city"."refuse_change"()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "smart_city"."policy_bundle"');
    await runner.query('DROP FUNCTION "smart_city"."refuse_change"()');
  }
}
