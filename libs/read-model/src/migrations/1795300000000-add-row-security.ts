import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROLES } from '../roles.js';

const { reader, projector, overseer } = ROLES;
const TENANT_TABLES = ['execution', 'log_entry', 'data_entry', 'data_source'];
const TABLES = [...TENANT_TABLES, 'projection_position', 'rebuild_request'];

/**
 * Rows are for the roles that policies name and for nobody else, the owner included. A transaction that names no tenant
 * compares with NULL or with nothing, and sees no row.
 */
export class AddRowSecurity1795300000000 implements MigrationInterface {
  name = 'AddRowSecurity1795300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REBUILD_REQUEST);
    await runner.query(`GRANT USAGE ON SCHEMA "read_model" TO "${reader}", "${projector}", "${overseer}"`);
    for (const table of TABLES) for (const statement of secured(table)) await runner.query(statement);
    for (const table of TENANT_TABLES) for (const statement of readable(table)) await runner.query(statement);
    for (const statement of OVERSEEN) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of OVERSEEN_NO_MORE) await runner.query(statement);
    for (const table of TENANT_TABLES) await runner.query(`DROP POLICY "tenant" ON "read_model"."${table}"`);
    for (const table of TABLES) {
      await runner.query(`DROP POLICY "projector" ON "read_model"."${table}"`);
      await runner.query(`ALTER TABLE "read_model"."${table}" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY`);
      await runner.query(`REVOKE ALL ON "read_model"."${table}" FROM "${reader}", "${projector}", "${overseer}"`);
    }
    await runner.query('DROP TABLE "read_model"."rebuild_request"');
  }
}

/** One row at most: somebody wants the tables made again from the log. */
const REBUILD_REQUEST = `
  CREATE TABLE "read_model"."rebuild_request" (
    "requested" boolean NOT NULL CHECK ("requested"),
    CONSTRAINT "pk_rebuild_request" PRIMARY KEY ("requested")
  )`;

const secured = (table: string): readonly string[] => [
  `ALTER TABLE "read_model"."${table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY "projector" ON "read_model"."${table}" TO "${projector}" USING (true) WITH CHECK (true)`,
  `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON "read_model"."${table}" TO "${projector}"`,
];

const readable = (table: string): readonly string[] => [
  `CREATE POLICY "tenant" ON "read_model"."${table}" FOR SELECT TO "${reader}"
    USING ("tenant_id" = current_setting('intendant.tenant', true))`,
  `GRANT SELECT ON "read_model"."${table}" TO "${reader}"`,
];

const OVERSEEN = [
  `CREATE POLICY "overseer" ON "read_model"."execution" FOR SELECT TO "${overseer}" USING ("status" = 'stuck')`,
  `GRANT SELECT ("status", "intent_type") ON "read_model"."execution" TO "${overseer}"`,
  `CREATE POLICY "overseer" ON "read_model"."projection_position" FOR SELECT TO "${overseer}" USING (true)`,
  `GRANT SELECT ON "read_model"."projection_position" TO "${overseer}"`,
  `CREATE POLICY "overseer" ON "read_model"."rebuild_request" FOR INSERT TO "${overseer}" WITH CHECK (true)`,
  `GRANT INSERT ON "read_model"."rebuild_request" TO "${overseer}"`,
];

const OVERSEEN_NO_MORE = ['execution', 'projection_position', 'rebuild_request'].map(
  (table) => `DROP POLICY "overseer" ON "read_model"."${table}"`,
);
