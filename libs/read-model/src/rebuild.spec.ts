import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type WithRows, withRows } from '../test/read-model-database.js';
import { PostgresReadModel } from './postgres-read-model.js';
import { type OpenProjector, openProjector } from './testing/open-projector.js';
import { SampleLog } from './testing/sample-log.js';

const intent = { tenantId: 'acme', userId: 'ada', sessionId: `ses_${'0'.repeat(32)}`, intentType: 'content.upload' };
const TABLES = ['execution', 'log_entry', 'data_entry', 'data_source', 'projection_position'];
const TRUNCATE = `TRUNCATE ${TABLES.map((table) => `read_model.${table}`).join()}`;

(hasServer ? describe : describe.skip)('a rebuild', () => {
  let server: WithRows<TestDatabase>;
  let readModel: PostgresReadModel;
  let log: SampleLog;
  let open: OpenProjector;
  let before: unknown;

  const everything = () =>
    Promise.all(TABLES.map((table) => server.rows(`SELECT * FROM read_model.${table} ORDER BY ${table}::text`)));
  const listed = async (): Promise<string[]> =>
    (await readModel.executions('acme', {}, null, 200)).executions.map(({ executionId }) => executionId);
  const again = async (): Promise<void> => {
    await open.close();
    open = await openProjector(server.url, log);
  };

  beforeAll(async () => {
    server = withRows(await createTestDatabase('read_model'));
    readModel = new PostgresReadModel(server.url);
  });
  afterAll(async () => {
    await readModel.close();
    await server.drop();
  });
  beforeEach(async () => {
    for (const schema of ['read_model', 'read_model_rebuild'])
      await server.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    log = new SampleLog();
    // More than a batch, so that there is a middle.
    for (let count = 0; count < 700; count += 1)
      await log.complete(await log.accept({ ...intent, given: ['file_1'] }), {
        artifactId: `art_${count}`,
        parents: ['file_1'],
      });
    open = await openProjector(server.url, log);
    await open.catchUp();
    before = await everything();
  });
  afterEach(() => open.close());

  it('after every row was lost gives the same rows', async () => {
    await server.query(TRUNCATE);
    expect(await listed()).toEqual([]);
    await again();
    await open.projector.rebuild();
    await open.catchUp();
    expect(await everything()).toEqual(before);
  });

  it('serves every execution that was there, and what comes meanwhile, at every moment', async () => {
    const known = await listed();
    await open.projector.rebuild();
    let asked = 0;
    let over = false;
    const asking = (async () => {
      while (!over) {
        const now = new Set(await listed());
        expect(known.filter((executionId) => !now.has(executionId))).toEqual([]);
        asked += 1;
      }
    })();
    try {
      await open.projector.applyNext();
      expect(open.projector.rebuilding).not.toBeNull();
      const late = await log.accept({ ...intent, tenantId: 'globex' });
      await open.projector.applyNext();
      expect((await readModel.executions('globex', {}, null, 10)).executions[0]?.executionId).toBe(late);
      await open.catchUp();
      expect(open.projector.rebuilding).toBeNull();
    } finally {
      over = true;
      await asking;
    }
    expect(asked).toBeGreaterThan(2);
  });

  it('goes on where a process was killed in its middle', async () => {
    await server.rows(`UPDATE read_model.execution SET status = 'failed', user_id = 'mallory'`);
    await open.projector.rebuild();
    await open.projector.applyNext();
    const reached = open.projector.rebuilding;
    await again();
    expect(open.projector.rebuilding).toEqual(reached);
    expect([...(reached ?? []).values()].reduce((sum, position) => sum + position, 0)).toBe(1_000);
    await open.catchUp();
    expect(await everything()).toEqual(before);
  });

  it('that an earlier version, or another log, left unfinished begins anew', async () => {
    for (const spoil of [
      `COMMENT ON SCHEMA read_model_rebuild IS 'CreateReadModel1'; DROP TABLE read_model_rebuild.data_entry`,
      `SET ROLE intendant_projector; UPDATE read_model_rebuild.projection_position SET hash = '\\x00'`,
    ]) {
      await open.projector.rebuild();
      await open.projector.applyNext();
      await server.query(spoil);
      await again();
      expect([...(open.projector.rebuilding?.values() ?? [])]).toEqual([0, 0, 0, 0]);
      await open.catchUp();
      expect(await everything()).toEqual(before);
    }
  });

  it('begins by itself when the rows are not those that the positions tell of, and lists go on', async () => {
    await server.rows(`UPDATE read_model.projection_position SET position = 0, hash = '\\x${'0'.repeat(64)}'`);
    await again();
    const known = await listed();
    await open.projector.applyNext();
    expect(open.projector.rebuilding).not.toBeNull();
    expect(await listed()).toEqual(known);
    await open.catchUp();
    expect(await everything()).toEqual(before);
  });

  it('does not replace what is served by less, when the log was damaged since', async () => {
    const known = await listed();
    const victim = (await log.all()).find(({ position }) => position === 2);
    victim?.body.write('X', 40);
    log.verified();
    await open.projector.rebuild();
    await open.catchUp();
    expect(open.projector.halted).toMatchObject([{ partition: victim?.partition }]);
    expect(open.projector.rebuilding).not.toBeNull();
    expect(await listed()).toEqual(known);
  });

  it('waits for lists that are being answered, and does not keep others waiting', async () => {
    await open.projector.rebuild();
    await open.projector.applyNext();
    const reader = open.database.createQueryRunner();
    await reader.startTransaction();
    await reader.query('LOCK TABLE read_model.data_entry IN ACCESS SHARE MODE');
    await open.catchUp();
    expect(open.projector.rebuilding).not.toBeNull();
    expect(await listed()).toHaveLength(200);
    await reader.commitTransaction();
    await reader.release();
    await open.projector.applyNext();
    expect(open.projector.rebuilding).toBeNull();
    expect(await everything()).toEqual(before);
  });

  it('is asked for by whoever may, once, and forgotten when it began', async () => {
    await readModel.requestRebuild();
    await readModel.requestRebuild();
    expect(await server.rows('SELECT * FROM read_model.rebuild_request')).toHaveLength(1);
    await again();
    await open.projector.heedRequest();
    expect(open.projector.rebuilding).not.toBeNull();
    expect(await server.rows('SELECT * FROM read_model.rebuild_request')).toEqual([]);
    await open.catchUp();
    expect(await everything()).toEqual(before);
  });
});
