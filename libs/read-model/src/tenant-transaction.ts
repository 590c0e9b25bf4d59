import pg from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { ROLES } from './roles.js';

/**
 * Does `work` in a transaction that sees the rows of one tenant and no others, whatever it asks for. Role and tenant are
 * set before the first question is sent, and end with the transaction: they cost one round trip.
 */
export async function inTenant<T>(
  database: DataSource,
  tenantId: string,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const runner = database.createQueryRunner();
  try {
    await runner.query(
      `BEGIN READ ONLY; SET LOCAL ROLE "${ROLES.reader}";
       SELECT set_config('intendant.tenant', ${pg.escapeLiteral(tenantId)}, true)`,
    );
    const found = await work(runner.manager);
    void end(runner, 'COMMIT');
    return found;
  } catch (error) {
    void end(runner, 'ROLLBACK');
    throw error;
  }
}

/** Rows that one statement about the platform gives; it takes no parameters, so that everything is one round trip. */
export async function asOverseer<Row>(database: DataSource, statement: string): Promise<readonly Row[]> {
  const runner = database.createQueryRunner();
  try {
    const client: pg.PoolClient = await runner.connect();
    const sql = `BEGIN; SET LOCAL ROLE "${ROLES.overseer}"; ${statement}; COMMIT`;
    const results = (await client.query(sql)) as unknown as readonly pg.QueryResult[];
    await runner.release();
    return results[2]?.rows as Row[];
  } catch (error) {
    void end(runner, 'ROLLBACK');
    throw error;
  }
}

/** Nobody waits for it. A connection whose transaction cannot be ended is thrown away. */
async function end(runner: QueryRunner, statement: 'COMMIT' | 'ROLLBACK'): Promise<void> {
  try {
    await runner.query(statement);
  } catch {
    const client: pg.PoolClient | undefined = await runner.connect().catch(() => undefined);
    void client?.end().catch(() => undefined);
  }
  await runner.release();
}
