import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counts of a span of time read this index and no rows. */
export class AddMetricsIndex1795310000000 implements MigrationInterface {
  name = 'AddMetricsIndex1795310000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX "ix_execution_metrics" ON "read_model"."execution"
        ("tenant_id", "accepted_at", "intent_type", "status", "settled_at", "user_id")`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX "read_model"."ix_execution_metrics"');
  }
}
