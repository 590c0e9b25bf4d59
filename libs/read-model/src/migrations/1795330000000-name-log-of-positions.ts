import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Positions say of which log they are. Those from before say nothing, until their hashes are found in the log. */
export class NameLogOfPositions1795330000000 implements MigrationInterface {
  name = 'NameLogOfPositions1795330000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "read_model"."projection_position" ADD COLUMN "log_id" varchar(64) COLLATE "C"');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "read_model"."projection_position" DROP COLUMN "log_id"');
  }
}
