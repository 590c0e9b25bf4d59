import type Database from 'libsql';
import type { StoreOverlay } from './store-overlay.js';

/** Rows per statement: one crossing into the database for many rows. */
const ROWS_PER_STATEMENT = 500;

/** Writes the overlay into the tables inside the caller's transaction; who commits it clears the overlay. */
export class StoreWriter {
  readonly #statements;

  constructor(db: Database.Database, schema: 'main' | 'temp' = 'main') {
    const bulk = (columns: readonly string[], into: string) =>
      db.prepare(`${into} SELECT ${columns.join(', ')} FROM json_each(?)`);
    const field = (index: number): string => `value ->> ${index}`;
    this.#statements = {
      key: bulk(
        [`unhex(${field(0)})`, `unhex(${field(1)})`, `unhex(${field(2)})`],
        `INSERT OR REPLACE INTO ${schema}.key_holder`,
      ),
      liveOn: bulk([field(0), field(1)], `INSERT OR REPLACE INTO ${schema}.live`),
      liveOff: db.prepare(`DELETE FROM ${schema}.live WHERE execution_id IN (SELECT value FROM json_each(?))`),
      reference: bulk([0, 1, 2, 3, 4, 5].map(field), `INSERT OR REPLACE INTO ${schema}.reference`),
      state: bulk([field(0), field(1), field(2)], `INSERT OR REPLACE INTO ${schema}.state`),
      refusal: bulk([field(0), field(1), field(2)], `INSERT OR REPLACE INTO ${schema}.refusal`),
    };
  }

  write(overlay: StoreOverlay): void {
    const { key, liveOn, liveOff, reference, state, refusal } = this.#statements;
    const live = [...overlay.live];
    inChunks(
      [...overlay.keys.values()].map((row) => [row.keyDigest.slice(0, 32), row.executionId.slice(4), row.fingerprint]),
      key,
    );
    inChunks(
      live.filter(([, one]) => one.live).map(([executionId, { partition }]) => [executionId, partition]),
      liveOn,
    );
    inChunks(
      live.filter(([, one]) => !one.live).map(([executionId]) => executionId),
      liveOff,
    );
    const references = [...overlay.references.values()].flatMap((owners) => [...owners.values()]);
    inChunks(
      references.map((row) => {
        const content = row.content === null ? null : JSON.stringify(row.content);
        return [row.tenantId, row.reference, row.ownerUserId, row.resourceClass, content, row.executionId];
      }),
      reference,
    );
    inChunks(
      [...overlay.states].map(([name, value]) => [...name.split('\u0000'), JSON.stringify(value)]),
      state,
    );
    inChunks(
      [...overlay.refusals].map(([name, seq]) => [...name.split('\u0000'), seq]),
      refusal,
    );
  }
}

function inChunks(rows: readonly unknown[], statement: Database.Statement): void {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT)
    statement.run(JSON.stringify(rows.slice(from, from + ROWS_PER_STATEMENT)));
}
