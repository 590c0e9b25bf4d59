import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ROLES } from '../roles.js';

const { overseer } = ROLES;
const STUCK = `"status" = 'stuck'`;
const NEEDS_PERSON = `(${STUCK} OR "status" = 'paused' AND "error_code" IS NOT NULL)`;

/** Who counts what needs a person counts also what an error has paused. */
export class OverseePausedByError1795340000000 implements MigrationInterface {
  name = 'OverseePausedByError1795340000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`GRANT SELECT ("error_code") ON "read_model"."execution" TO "${overseer}"`);
    await runner.query(overseen(NEEDS_PERSON));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(overseen(STUCK));
    await runner.query(`REVOKE SELECT ("error_code") ON "read_model"."execution" FROM "${overseer}"`);
  }
}

const overseen = (rows: string): string =>
  `ALTER POLICY "overseer" ON "read_model"."execution" USING (current_user = '${overseer}' AND ${rows})`;
