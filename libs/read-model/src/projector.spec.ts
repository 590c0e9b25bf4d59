import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type WithRows, withRows } from '../test/read-model-database.js';
import { PositionMoved, writeBatch } from './batch-writer.js';
import { PostgresReadModel } from './postgres-read-model.js';
import { ProjectionBatch, START } from './projection-batch.js';
import type { ProjectedLog } from './projection-track.js';
import { CopyBehind, Projector, ProjectorBusy } from './projector.js';
import { type OpenProjector, openProjector } from './testing/open-projector.js';
import { PARTITIONS, SampleLog } from './testing/sample-log.js';

const intent = { tenantId: 'acme', userId: 'ada', sessionId: `ses_${'0'.repeat(32)}`, intentType: 'content.upload' };

(hasServer ? describe : describe.skip)('the projector', () => {
  let server: WithRows<TestDatabase>;
  let readModel: PostgresReadModel;
  let log: SampleLog;
  let open: OpenProjector[];

  const start = async (): Promise<OpenProjector> => {
    const projector = await openProjector(server.url, log);
    open.push(projector);
    return projector;
  };
  const statusOf = async (tenantId: string): Promise<Record<string, string>> => {
    const { executions } = await readModel.executions(tenantId, {}, null, 200);
    return Object.fromEntries(executions.map(({ executionId, status }) => [executionId, status]));
  };
  /** Every row of every table, in the order of its key. */
  const everything = () =>
    Promise.all([
      server.rows('SELECT * FROM read_model.execution ORDER BY tenant_id, execution_id'),
      server.rows('SELECT * FROM read_model.log_entry ORDER BY partition, position'),
      server.rows('SELECT * FROM read_model.data_entry ORDER BY partition, position, seq, place'),
      server.rows('SELECT * FROM read_model.data_source ORDER BY partition, position, seq, place'),
      server.rows('SELECT * FROM read_model.projection_position ORDER BY partition'),
    ]);

  beforeAll(async () => {
    server = withRows(await createTestDatabase('read_model'));
    readModel = new PostgresReadModel(server.url);
  });
  afterAll(async () => {
    await readModel.close();
    await server.drop();
  });
  beforeEach(async () => {
    log = new SampleLog();
    open = [];
    await server.query('DROP SCHEMA IF EXISTS read_model CASCADE');
  });
  afterEach(async () => {
    for (const { close } of open) await close();
  });

  it('has no end of an execution that was stuck and goes on', async () => {
    const { catchUp } = await start();
    const executionId = await log.accept(intent);
    await log.getStuck(executionId);
    await catchUp();
    const shown = async () => (await readModel.executions('acme', {}, null, 10)).executions[0];
    expect(await shown()).toMatchObject({ status: 'stuck', settledAt: log.now });
    await log.wake(executionId);
    await catchUp();
    expect(await shown()).toMatchObject({ status: 'running', settledAt: null });
  });

  it('follows an execution from acceptance to its end', async () => {
    const { catchUp } = await start();
    const executionId = await log.accept(intent);
    await catchUp();
    expect(await statusOf('acme')).toEqual({ [executionId]: 'running' });
    await log.wait(executionId);
    await catchUp();
    expect(await statusOf('acme')).toEqual({ [executionId]: 'waiting' });
    await log.wake(executionId);
    log.goOn(5);
    await log.fail(executionId, 'no_such_file');
    await catchUp();
    const { executions } = await readModel.executions('acme', {}, null, 10);
    expect(executions).toEqual([
      {
        ...intent,
        executionId,
        intentId: log.attributionOf(executionId).intentId,
        correlationId: log.attributionOf(executionId).correlationId,
        status: 'failed',
        acceptedAt: '2026-05-04T10:00:00.000Z',
        settledAt: '2026-05-04T10:00:00.005Z',
        errorCode: 'no_such_file',
        partition: expect.any(Number),
        lastSeq: 8,
      },
    ]);
  });

  it('gives later entries the intent type their execution was accepted with, in this batch or another', async () => {
    const { catchUp } = await start();
    const together = await log.accept(intent);
    await log.complete(together);
    const apart = await log.accept({ ...intent, intentType: 'insights.analyse' });
    await catchUp();
    await log.complete(apart);
    await catchUp();
    const rows = await server.rows(
      'SELECT execution_id, intent_type FROM read_model.log_entry ORDER BY partition, position',
    );
    expect(rows.filter((row) => row.execution_id === together).map((row) => row.intent_type)).toEqual([
      'content.upload',
      'content.upload',
    ]);
    expect(rows.filter((row) => row.execution_id === apart).map((row) => row.intent_type)).toEqual(
      Array(2).fill('insights.analyse'),
    );
  });

  it('begins anew in a database from before references were projected', async () => {
    const { catchUp, database } = await start();
    await log.complete(await log.accept({ ...intent, given: ['file_1'] }), {
      artifactId: 'art_1',
      parents: ['file_1'],
    });
    await catchUp();
    const before = await everything();
    for (const _since of ['log of positions', 'roles', 'metrics', 'row security', 'references'])
      await database.undoLastMigration();
    await open.pop()?.close();
    await (await start()).catchUp();
    expect(await everything()).toEqual(before);
    expect((await everything()).map((rows) => rows.length)).toEqual([1, 2, 2, 1, 4]);
  });

  it('holds few large entries at once, and takes them all in one batch', async () => {
    const { projector } = await start();
    for (let n = 0; n < 12; n += 1) await log.accept({ ...intent, payload: { text: 'x'.repeat(300_000) } });
    const held: number[] = [];
    const { read } = log;
    log.read = async (...range) => {
      const entries = await read(...range);
      held.push(entries.length);
      return entries;
    };
    expect(await projector.applyNext()).toBe(12);
    expect(Math.max(...held)).toBe(1);
    expect(await projector.applyNext()).toBe(0);
  });

  it('takes up where an earlier process ended', async () => {
    const first = await start();
    const executionId = await log.accept(intent);
    await first.catchUp();
    await first.close();
    open = [];
    await log.complete(executionId);
    const second = await start();
    expect(await second.projector.applyNext()).toBe(1);
    expect(await statusOf('acme')).toEqual({ [executionId]: 'completed' });
  });

  it('writes rows and position together or not at all', async () => {
    const { catchUp, projector } = await start();
    const executionId = await log.accept(intent);
    await catchUp();
    const before = await everything();
    await log.complete(executionId);
    await log.accept(intent);
    await server.query(`CREATE FUNCTION read_model.refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
      $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$`);
    await server.query(`CREATE TRIGGER tg_refuse BEFORE UPDATE ON read_model.projection_position
      FOR EACH ROW EXECUTE FUNCTION read_model.refuse()`);
    await expect(projector.applyNext()).rejects.toThrow();
    await server.query('DROP FUNCTION read_model.refuse CASCADE');
    expect(await everything()).toEqual(before);
    await open.pop()?.close();
    await (await start()).catchUp();
    expect(Object.values(await statusOf('acme')).sort()).toEqual(['completed', 'running']);
  });

  it('changes nothing when what is applied is applied again', async () => {
    const { catchUp, database } = await start();
    const executionId = await log.accept(intent);
    await log.complete(executionId);
    await catchUp();
    const before = await everything();
    // As after a commit whose answer was lost.
    const again = new ProjectionBatch();
    for (const entry of await log.all()) again.add(entry, START);
    const runner = database.createQueryRunner();
    await expect(writeBatch(runner, again)).rejects.toThrow(PositionMoved);
    await runner.release();
    expect(await everything()).toEqual(before);
  });

  it('lets one projector at a time work on a database', async () => {
    await start();
    await expect(openProjector(server.url, log)).rejects.toThrow(ProjectorBusy);
  });

  /** The log as a replica has it whose copy holds so many entries of each partition. */
  const copyUpTo = (position: number): ProjectedLog => ({
    describe: log.describe,
    logId: log.logId,
    isCopy: true,
    read: async (...range) => (await log.read(...range)).filter((entry) => entry.position <= position),
  });

  it('leaves the rows alone when its copy of the log is behind them, and lets another have the database', async () => {
    const { catchUp } = await start();
    const executionId = await log.accept(intent);
    await log.complete(executionId);
    await catchUp();
    await open.pop()?.close();
    const before = await everything();
    await expect(openProjector(server.url, copyUpTo(0))).rejects.toThrow(CopyBehind);
    await expect(openProjector(server.url, copyUpTo(1))).rejects.toThrow(CopyBehind);
    expect(await everything()).toEqual(before);
    const whole = await openProjector(server.url, copyUpTo(2));
    open.push(whole);
    const behind = whole.database.createQueryRunner();
    await expect(Projector.resume(copyUpTo(1), behind)).rejects.toThrow(ProjectorBusy);
    await behind.release();
    expect(await whole.projector.applyNext()).toBe(0);
    expect(await everything()).toEqual(before);
  });

  it('gives the database back when its copy is behind, although the connection stays', async () => {
    const { catchUp, database, projector } = await start();
    await log.accept(intent);
    await catchUp();
    expect(projector.halted).toEqual([]);
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'`);
    const waiting = database.createQueryRunner();
    await expect(Projector.resume(copyUpTo(0), waiting)).rejects.toThrow(CopyBehind);
    expect((await start()).projector.positions).toEqual(projector.positions);
    await waiting.release();
  });

  it('projects anew from a shorter log, when that is nobody’s copy or a rebuild was asked for', async () => {
    const { catchUp } = await start();
    await log.accept(intent);
    await catchUp();
    await open.pop()?.close();
    log = new SampleLog();
    await (await start()).catchUp();
    expect(await statusOf('acme')).toEqual({});
    const executionId = await log.accept(intent);
    await open[0]?.catchUp();
    await open.pop()?.close();
    await readModel.requestRebuild();
    open.push(await openProjector(server.url, copyUpTo(0)));
    expect(await statusOf('acme')).toEqual({});
    await open.pop()?.close();
    await (await start()).catchUp();
    expect(Object.keys(await statusOf('acme'))).toEqual([executionId]);
  });

  it('projects anew when the rows came from another log', async () => {
    const { catchUp } = await start();
    await log.accept(intent);
    await log.openSession('acme', 'ada');
    await catchUp();
    await open.pop()?.close();
    log = new SampleLog();
    log.goOn(60_000);
    const executionId = await log.accept(intent);
    await (await start()).catchUp();
    expect(await statusOf('acme')).toEqual({ [executionId]: 'running' });
  });

  it('projects anew from another log, although that is a copy and too short to have entries where the rows stand', async () => {
    const { catchUp } = await start();
    for (let n = 0; n < 3; n += 1) await log.complete(await log.accept(intent));
    await catchUp();
    await open.pop()?.close();
    log = new SampleLog(undefined, undefined, 'accepted-log');
    log.goOn(60_000);
    const executionId = await log.accept(intent);
    const projector = await openProjector(server.url, copyUpTo(1));
    open.push(projector);
    await projector.catchUp();
    expect(await statusOf('acme')).toEqual({ [executionId]: 'running' });
    await open.pop()?.close();
    await expect(openProjector(server.url, copyUpTo(0))).rejects.toThrow(CopyBehind);
  });

  it('keeps rows of a version whose positions named no log, and names it', async () => {
    const { catchUp, database } = await start();
    await log.complete(await log.accept(intent));
    await catchUp();
    const before = await everything();
    await database.undoLastMigration();
    await open.pop()?.close();
    await expect(openProjector(server.url, copyUpTo(0))).rejects.toThrow(CopyBehind);
    const { projector } = await start();
    expect(await projector.applyNext()).toBe(0);
    expect(await everything()).toEqual(before);
    expect(before[4]?.map(({ log_id: logId }) => logId)).toEqual(Array(PARTITIONS).fill('sample-log'));
  });
});
