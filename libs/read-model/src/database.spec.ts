import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { openMigrated } from './database.js';

const SCHEMA_LOCK = 0x4ead_01;
/** Enough for a statement that waits for nothing. */
const STATEMENT_MS = 2_000;

(hasServer ? describe : describe.skip)('the tables of the read model', () => {
  let server: TestDatabase;
  beforeAll(async () => {
    server = await createTestDatabase('read_model');
  });
  afterAll(() => server.drop());

  it('are made although another process takes longer for that than a statement may', async () => {
    const other = new pg.Client({ connectionString: server.url });
    await other.connect();
    await other.query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK]);
    const opening = openMigrated({
      url: server.url,
      applicationName: 'migration-test',
      connectionsMax: 2,
      statementMs: STATEMENT_MS,
      synchronousCommit: true,
      onConnectionLost: () => undefined,
    });
    let isOver = false;
    const settled = () => {
      isOver = true;
    };
    opening.then(settled, settled);
    const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'migration-test' AND wait_event = 'advisory'
      AND query_start < clock_timestamp() - interval '${STATEMENT_MS + 100} ms'`;
    while (!isOver && (await other.query(waiting)).rowCount === 0);
    await other.end();
    const database = await opening;
    expect(await database.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '2s' }]);
    expect(await database.query('SELECT FROM "read_model"."execution"')).toEqual([]);
    await database.destroy();
  });
});
