import type { ProjectorReport } from './projector-report.js';
import { REBUILD_SCHEMA, unfinishedRebuild } from './rebuild.js';
import { inSchema, type SqlRunner } from './sql-runner.js';

/** How far the projector of another replica is, as the database tells it. */
export async function reachedByAnother(runner: SqlRunner): Promise<Pick<ProjectorReport, 'positions' | 'rebuilding'>> {
  const positions = await positionsIn(runner);
  if ((await unfinishedRebuild(runner)) === 'none') return { positions, rebuilding: null };
  try {
    return { positions, rebuilding: await positionsIn(inSchema(runner, REBUILD_SCHEMA)) };
  } catch {
    // It ended between the two questions, or is of another version.
    return { positions, rebuilding: null };
  }
}

async function positionsIn(runner: SqlRunner): Promise<number[]> {
  const rows: { position: string }[] = await runner.query(
    'SELECT "position" FROM "read_model"."projection_position" ORDER BY "partition"',
  );
  return rows.map(({ position }) => Number(position));
}
