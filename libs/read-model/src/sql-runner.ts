import type { QueryRunner } from 'typeorm';
import { SCHEMA } from './entities/schema.js';

/** One connection, as far as writing needs it. */
export type SqlRunner = Pick<
  QueryRunner,
  'query' | 'startTransaction' | 'commitTransaction' | 'rollbackTransaction' | 'isTransactionActive'
>;

/**
 * The same connection, on which every statement is about another schema than the one it names: its tables are made and
 * filled by the very statements that make and fill the served ones. Values are parameters, so that none is touched.
 */
export function inSchema(runner: SqlRunner, schema: string): SqlRunner {
  return {
    query: (sql: string, parameters?: unknown[]) =>
      runner.query(sql.replaceAll(`"${SCHEMA}"`, `"${schema}"`), parameters),
    startTransaction: () => runner.startTransaction(),
    commitTransaction: () => runner.commitTransaction(),
    rollbackTransaction: () => runner.rollbackTransaction(),
    get isTransactionActive() {
      return runner.isTransactionActive;
    },
  };
}

/** All of `work` or nothing. */
export async function inTransaction(runner: SqlRunner, work: () => Promise<void>): Promise<void> {
  await runner.startTransaction();
  try {
    await work();
    await runner.commitTransaction();
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}
