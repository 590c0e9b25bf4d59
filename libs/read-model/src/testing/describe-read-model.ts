import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { executionCursor, executionPlaceOf, type RecordPlace } from '../cursors.js';
import { openDatabase } from '../database.js';
import { PostgresReadModel } from '../postgres-read-model.js';
import type { EntryFilter, ExecutionFilter } from '../read-model.js';
import { type OpenProjector, openProjector } from './open-projector.js';
import type { SampleLog } from './sample-log.js';

/** What a log of some kind is written to and projected from, and the database that it is projected into. */
export interface ReadModelFixture {
  readonly log: SampleLog;
  /** An empty database. */
  readonly url: string;
  end(): Promise<void>;
}

/** Questions to the read model of a log; every kind of log must give the same answers. */
export function describeReadModel(kind: string, create: () => Promise<ReadModelFixture>): void {
  describe(`lists in PostgreSQL of ${kind}`, () => {
    let fixture: ReadModelFixture;
    let log: SampleLog;
    let open: OpenProjector;
    let readModel: PostgresReadModel;
    const named: Record<string, string> = {};
    let session: string;

    const accept = async (name: string, more: object = {}): Promise<string> => {
      const intent = { tenantId: 'acme', userId: 'ada', sessionId: session, intentType: 'content.upload', ...more };
      const executionId = await log.accept(intent);
      named[executionId] = name;
      return executionId;
    };
    const list = async (filter: ExecutionFilter, tenantId = 'acme'): Promise<string[]> => {
      const { executions } = await readModel.executions(tenantId, filter, null, 200);
      return executions.map(({ executionId }) => named[executionId] as string);
    };
    const search = async (filter: EntryFilter, tenantId = 'acme'): Promise<string[]> => {
      const entries = await readModel.entries(tenantId, filter, null, 200);
      return entries.map(({ streamId, firstSeq }) => `${named[streamId] ?? streamId.slice(0, 4)} ${firstSeq}`);
    };

    beforeAll(async () => {
      fixture = await create();
      log = fixture.log;
      open = await openProjector(fixture.url, log);
      readModel = new PostgresReadModel(fixture.url);
      session = await log.openSession('acme', 'ada');
      const first = await accept('first');
      const sameInstant = await accept('same instant');
      log.goOn(1_000);
      await log.complete(first);
      await log.fail(sameInstant, 'no_such_file');
      const other = await log.openSession('acme', 'bob');
      await log.wait(await accept('analysis', { userId: 'bob', sessionId: other, intentType: 'insights.analyse' }));
      log.goOn(1_000);
      await accept('of globex', { tenantId: 'globex', sessionId: await log.openSession('globex', 'ada') });
      await log.refuse('acme', 'rate_limited');
      await open.catchUp();
    });
    afterAll(async () => {
      await readModel.close();
      await open.close();
      await fixture.end();
    });

    it('lists executions newest first, and by id where acceptance does not tell', async () => {
      expect(await list({})).toEqual(['analysis', 'same instant', 'first']);
    });

    it('narrows by session, intent type, status, user and time, and by all of them together', async () => {
      expect(await list({ sessionId: session })).toEqual(['same instant', 'first']);
      expect(await list({ intentType: 'insights.analyse' })).toEqual(['analysis']);
      expect(await list({ status: 'failed' })).toEqual(['same instant']);
      expect(await list({ status: 'completed' })).toEqual(['first']);
      expect(await list({ status: 'waiting' })).toEqual(['analysis']);
      expect(await list({ userId: 'bob' })).toEqual(['analysis']);
      expect(await list({ from: new Date('2026-05-04T10:00:01Z') })).toEqual(['analysis']);
      expect(await list({ to: new Date('2026-05-04T10:00:01Z') })).toEqual(['same instant', 'first']);
      expect(await list({ sessionId: session, status: 'failed', userId: 'ada', intentType: 'content.upload' })).toEqual(
        ['same instant'],
      );
      expect(await list({ sessionId: session, userId: 'bob' })).toEqual([]);
    });

    it('never shows one tenant what is another’s', async () => {
      expect(await list({}, 'globex')).toEqual(['of globex']);
      expect(await list({ sessionId: session }, 'globex')).toEqual([]);
      expect(await search({ sessionId: session }, 'globex')).toEqual([]);
      const [foreign] = Object.keys(named);
      expect(await search({ executionId: foreign as string }, 'globex')).toEqual([]);
      expect(await readModel.executionsOfSession('globex', session, 10)).toEqual([]);
      expect(await list({}, 'nobody')).toEqual([]);
    });

    it('pages without gap or repetition, through its cursor', async () => {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const place = cursor === '' ? null : executionPlaceOf(cursor);
        const { executions, next } = await readModel.executions('acme', {}, place, 1);
        seen.push(...executions.map(({ executionId }) => named[executionId] as string));
        cursor = next === null ? null : executionCursor(next);
      }
      expect(seen).toEqual(['analysis', 'same instant', 'first']);
    });

    it('finds entries by execution, oldest first, with later ones under their intent type', async () => {
      const [first] = Object.keys(named);
      expect(await search({ executionId: first as string })).toEqual(['first 1', 'first 5']);
      expect(await search({ intentType: 'content.upload', type: 'execution.completed' })).toEqual(['first 5']);
    });

    it('finds entries by record type, the usual and the rare, oldest first', async () => {
      expect(await search({ type: 'intent.accepted' })).toEqual(
        expect.arrayContaining(['first 1', 'same instant 1', 'analysis 1']),
      );
      expect(await search({ type: 'execution.failed' })).toEqual(['same instant 5']);
      expect(await search({ type: 'intent.rejected' })).toEqual(['refu 1']);
      expect(await search({ type: 'session.opened', sessionId: session })).toEqual(['ses_ 1']);
      expect(await search({ type: 'execution.stuck' })).toEqual([]);
      expect(await search({ from: new Date('2026-05-04T10:00:02Z') })).toEqual(['refu 1']);
    });

    it('starts a page of entries with the one that the place names', async () => {
      const all = await readModel.entries('acme', {}, null, 200);
      const [, second] = all;
      const place = { ...(second as object), seq: 1 } as RecordPlace;
      expect(await readModel.entries('acme', {}, place, 200)).toEqual(all.slice(1));
    });

    it('tells how far every partition is', async () => {
      const positions = await readModel.positions();
      for (const partition of [0, 1, 2, 3]) expect(positions.get(partition)).toBe(await log.wal.tail(partition));
    });

    it('counts what needs a person by realm, and nothing else', async () => {
      const intent = { tenantId: 'acme', userId: 'ann', sessionId: session, intentType: 'content.parse' };
      expect(await readModel.needingPersonByRealm()).toEqual(new Map());
      const [first, second] = [await log.accept(intent), await log.accept({ ...intent, tenantId: 'globex' })];
      for (const executionId of [first, second]) await log.getStuck(executionId);
      const [left, paused] = [await log.accept(intent), await log.accept(intent)];
      await log.pause(left, { errorCode: 'refused', stepId: 'main' });
      await log.pause(paused);
      await open.catchUp();
      expect(await readModel.needingPersonByRealm()).toEqual(new Map([['content', 3]]));
      const listed = await readModel.executions('acme', { needsPerson: true }, null, 10);
      expect(listed.executions.map(({ executionId, status, errorCode }) => [executionId, status, errorCode])).toEqual([
        [left, 'paused', 'refused'],
        [first, 'stuck', null],
      ]);
      await log.resume(left);
      await open.catchUp();
      expect(await readModel.needingPersonByRealm()).toEqual(new Map([['content', 2]]));
    });

    it('counts executions of a span of time by intent type and outcome', async () => {
      const span = { from: new Date('2026-05-04T10:00:00Z'), to: new Date('2026-05-04T10:00:02Z'), userId: null };
      const none = {
        total: 0,
        successful: 0,
        failed: 0,
        compensated: 0,
        cancelled: 0,
        stuck: 0,
        unsettled: 0,
        endedMs: 0,
      };
      expect(await readModel.executionMetrics('acme', span)).toEqual([
        { ...none, intentType: 'content.upload', total: 2, successful: 1, failed: 1, endedMs: 2_000 },
        { ...none, intentType: 'insights.analyse', total: 1, unsettled: 1 },
      ]);
      expect(await readModel.executionMetrics('acme', { ...span, userId: 'bob' })).toEqual([
        { ...none, intentType: 'insights.analyse', total: 1, unsettled: 1 },
      ]);
      const early = { ...span, to: new Date('2026-05-04T10:00:01Z') };
      expect((await readModel.executionMetrics('acme', early)).map(({ total }) => total)).toEqual([2]);
      const later = { ...span, to: new Date('2026-05-04T10:00:02.001Z') };
      expect(await readModel.executionMetrics('globex', later)).toEqual([
        { ...none, intentType: 'content.parse', total: 1, stuck: 1 },
        { ...none, intentType: 'content.upload', total: 1, unsettled: 1 },
      ]);
    });

    it('is not available, and says so, while somebody holds a lock on its tables', async () => {
      const holder = open.database.createQueryRunner();
      await holder.startTransaction();
      await holder.query('SET LOCAL ROLE NONE');
      await holder.query('LOCK TABLE read_model.execution IN ACCESS EXCLUSIVE MODE');
      // which is let go only when the list was answered
      await expect(list({})).rejects.toMatchObject({ failure: { code: 'read_model_unavailable' } });
      await holder.rollbackTransaction();
      await holder.release();
      expect((await list({})).length).toBeGreaterThan(0);
    });

    it('has tables that are what its entities say', async () => {
      const database = await openDatabase({
        url: fixture.url,
        applicationName: 'schema-test',
        connectionsMax: 4,
        statementMs: 20_000,
        synchronousCommit: true,
        onConnectionLost: () => undefined,
      });
      const { upQueries } = await database.driver.createSchemaBuilder().log();
      await database.destroy();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    });
  });
}
