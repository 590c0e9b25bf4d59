import { QueryFailedError, type QueryRunner } from 'typeorm';
import { MIGRATIONS } from './database.js';
import { ROLES } from './roles.js';
import { inSchema, inTransaction, type SqlRunner } from './sql-runner.js';

/** Where tables are made anew while the old ones are served. That it is there says that a rebuild goes on. */
export const REBUILD_SCHEMA = 'read_model_rebuild';

const SWAPPED = ['execution', 'log_entry', 'data_entry', 'data_source', 'projection_position'];

/** Below the second after which PostgreSQL looks for deadlocks: this one gives up first, and the lists go on. */
const SWAP_LOCK_MS = 500;

/** Tables of the shape that the last migration left: others are of an earlier version, and begun anew. */
const SHAPE = MIGRATIONS.at(-1)?.name as string;

/** Whether somebody asked for a rebuild that has not begun. Rejects when the connection is gone. */
export async function rebuildAsked(runner: SqlRunner): Promise<boolean> {
  const [row] = await runner.query('SELECT EXISTS (SELECT FROM "read_model"."rebuild_request") AS "asked"');
  return row.asked;
}

/** Makes empty tables beside the served ones, and forgets that it was asked for. What an earlier rebuild made is dropped. */
export function beginRebuild(runner: SqlRunner): Promise<void> {
  return inTransaction(runner, async () => {
    await runner.query('SET LOCAL ROLE NONE');
    await runner.query(`DROP SCHEMA IF EXISTS "${REBUILD_SCHEMA}" CASCADE`);
    await runner.query(`CREATE SCHEMA "${REBUILD_SCHEMA}"`);
    const elsewhere = inSchema(runner, REBUILD_SCHEMA) as QueryRunner;
    for (const Migration of MIGRATIONS) await new Migration().up(elsewhere);
    await runner.query(`COMMENT ON SCHEMA "${REBUILD_SCHEMA}" IS '${SHAPE}'`);
    await runner.query(`SET LOCAL ROLE "${ROLES.projector}"`);
    await runner.query('DELETE FROM "read_model"."rebuild_request"');
  });
}

/** Which tables of an unfinished rebuild there are. */
export async function unfinishedRebuild(runner: SqlRunner): Promise<'none' | 'outdated' | 'usable'> {
  const [row] = await runner.query(
    `SELECT obj_description(oid, 'pg_namespace') AS "shape" FROM pg_namespace WHERE nspname = $1`,
    [REBUILD_SCHEMA],
  );
  if (row === undefined) return 'none';
  return row.shape === SHAPE ? 'usable' : 'outdated';
}

/**
 * Serves the new tables instead of the old ones, in one transaction: a list is answered from these or from those. False when
 * lists were in its way for too long; then nothing happened.
 */
export async function swapRebuilt(runner: SqlRunner): Promise<boolean> {
  try {
    await inTransaction(runner, async () => {
      await runner.query('SET LOCAL ROLE NONE');
      await runner.query(`SET LOCAL lock_timeout = ${SWAP_LOCK_MS}`);
      await runner.query(`DROP TABLE ${SWAPPED.map((table) => `"read_model"."${table}"`).join()}`);
      for (const table of SWAPPED)
        await runner.query(`ALTER TABLE "${REBUILD_SCHEMA}"."${table}" SET SCHEMA "read_model"`);
      await runner.query(`DROP SCHEMA "${REBUILD_SCHEMA}" CASCADE`);
    });
    return true;
  } catch (error) {
    if (codeOf(error) === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

/** Rows are there that the log says are yet to come: somebody else wrote, or took a position back. */
export const isConflict = (error: unknown): boolean => codeOf(error) === UNIQUE_VIOLATION;

const LOCK_NOT_AVAILABLE = '55P03';
const UNIQUE_VIOLATION = '23505';

const codeOf = (error: unknown): unknown =>
  error instanceof QueryFailedError ? (error.driverError as { code?: unknown }).code : undefined;
