import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROLES } from '../roles.js';

const { reader, projector, overseer } = ROLES;
const TENANT_TABLES = ['execution', 'log_entry', 'data_entry', 'data_source'];
const TABLES = [...TENANT_TABLES, 'projection_position', 'rebuild_request'];

const AS_READER = `"tenant_id" = current_setting('intendant.tenant', true)`;
const as = (role: string): string => `current_user = '${role}'`;

/**
 * A policy for a role holds for whoever inherits that role, too, and before PostgreSQL 16 a grant cannot forbid that. So the
 * policies ask whether the role was taken.
 */
export class NameRolesInPolicies1795320000000 implements MigrationInterface {
  name = 'NameRolesInPolicies1795320000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of policies((role, condition) => `${as(role)} AND ${condition}`))
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of policies((_role, condition) => condition)) await runner.query(statement);
  }
}

const policies = (when: (role: string, condition: string) => string): readonly string[] => [
  ...TABLES.map(
    (table) =>
      `ALTER POLICY "projector" ON "read_model"."${table}"
        USING (${when(projector, 'true')}) WITH CHECK (${when(projector, 'true')})`,
  ),
  ...TENANT_TABLES.map(
    (table) => `ALTER POLICY "tenant" ON "read_model"."${table}" USING (${when(reader, AS_READER)})`,
  ),
  `ALTER POLICY "overseer" ON "read_model"."execution" USING (${when(overseer, `"status" = 'stuck'`)})`,
  `ALTER POLICY "overseer" ON "read_model"."projection_position" USING (${when(overseer, 'true')})`,
  `ALTER POLICY "overseer" ON "read_model"."rebuild_request" WITH CHECK (${when(overseer, 'true')})`,
];
