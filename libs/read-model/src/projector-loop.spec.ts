import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type WithRows, withRows } from '../test/read-model-database.js';
import { PostgresReadModel } from './postgres-read-model.js';
import { ProjectorLoop } from './projector-loop.js';
import type { ProjectorReport } from './projector-report.js';
import { SampleLog } from './testing/sample-log.js';

const intent = { tenantId: 'acme', userId: 'ada', sessionId: `ses_${'0'.repeat(32)}`, intentType: 'content.upload' };
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A loop that runs until a report is as wished. */
class WatchedLoop {
  #wishes: { readonly is: (report: ProjectorReport) => boolean; readonly met: () => void }[] = [];
  readonly paused: number[] = [];
  readonly loop: ProjectorLoop;
  last: ProjectorReport | undefined;
  readonly #running: Promise<void>;

  constructor(
    url: () => string,
    log: SampleLog,
    heard: (report: ProjectorReport) => void = () => undefined,
    more: { silenceMs?: number; pause?: (ms: number) => Promise<void> } = {},
  ) {
    const options = {
      get url() {
        return url();
      },
      log,
      report: (report: ProjectorReport) => {
        this.last = report;
        heard(report);
        for (const { is, met } of this.#wishes) if (is(report)) met();
      },
      pause: (ms: number) => {
        this.paused.push(ms);
        return nextTurn();
      },
      ...more,
    };
    this.loop = new ProjectorLoop(options);
    this.#running = this.loop.run();
  }

  until(is: (report: ProjectorReport) => boolean): Promise<void> {
    if (this.last !== undefined && is(this.last)) return Promise.resolve();
    return new Promise((met) => {
      this.#wishes.push({ is, met });
    });
  }

  stop(): Promise<void> {
    this.loop.stop();
    return this.#running;
  }
}

const covers = (log: SampleLog) => {
  const appended = log.version();
  return ({ connected, positions }: ProjectorReport): boolean =>
    connected && positions.reduce((sum, position) => sum + position, 0) === appended;
};

(hasServer ? describe : describe.skip)('the projector loop', () => {
  let server: WithRows<TestDatabase>;
  let readModel: PostgresReadModel;
  let log: SampleLog;
  let watched: WatchedLoop | undefined;
  let other: WatchedLoop | undefined;
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
    for (const schema of ['read_model', 'read_model_rebuild'])
      await server.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  });
  afterEach(() => Promise.all([watched?.stop(), other?.stop()]));
  const countOf = async (table: string) =>
    Number((await server.rows(`SELECT count(*) FROM read_model.${table}`))[0]?.count);

  it('gathers what comes after a batch, unless somebody waits for it', async () => {
    watched = new WatchedLoop(() => server.url, log);
    await log.accept(intent);
    await watched.until(covers(log));
    const gathered = async (hurry: boolean): Promise<number> => {
      await log.accept(intent);
      await watched?.until(covers(log));
      const before = watched?.paused.length ?? 0;
      await log.accept(intent);
      if (hurry) watched?.loop.hurry();
      await watched?.until(covers(log));
      return (watched?.paused.length ?? 0) - before;
    };
    expect(await gathered(false)).toBeGreaterThan(8);
    expect(await gathered(true)).toBeLessThan(4);
  });

  it('waits for PostgreSQL ever longer, and catches up when it is there', async () => {
    let url = 'postgres://nobody:x@127.0.0.1:1/none';
    watched = new WatchedLoop(() => url, log);
    await log.accept(intent);
    await watched.until(({ problem }) => problem !== null && (watched?.paused.length ?? 0) >= 6);
    expect(watched.paused.slice(0, 6)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000]);
    url = server.url;
    await watched.until(covers(log));
    await watched.stop();
    expect(await countOf('execution')).toBe(1);
  });

  it('goes on after its connection is lost in the middle', async () => {
    watched = new WatchedLoop(() => server.url, log);
    const executionId = await log.accept(intent);
    await watched.until(covers(log));
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'intendant-projector'
      AND datname = current_database()`);
    await log.complete(executionId);
    await watched.until(covers(log));
    await watched.stop();
    expect((await server.rows('SELECT status FROM read_model.execution')).map((row) => row.status)).toEqual([
      'completed',
    ]);
  });

  it('makes everything anew when it is told to, and when all tables were emptied', async () => {
    watched = new WatchedLoop(() => server.url, log);
    await log.complete(await log.accept(intent));
    await watched.until(covers(log));
    await server.rows(`UPDATE read_model.execution SET status = 'failed'`);
    const before = watched.last;
    await readModel.requestRebuild();
    await watched.until(
      (report) => report !== before && report.applied > (before?.applied ?? 0) && covers(log)(report),
    );
    expect((await server.rows('SELECT status FROM read_model.execution')).map((row) => row.status)).toEqual([
      'completed',
    ]);
    await server.query(
      'TRUNCATE read_model.execution, read_model.log_entry, read_model.data_entry, read_model.data_source, read_model.projection_position',
    );
    await log.accept(intent);
    await watched.until(covers(log));
    await watched.stop();
    expect(await countOf('log_entry')).toBe(log.version());
    expect(await countOf('execution')).toBe(2);
  });

  it('waits behind the projector of another replica, tells how far that one is, and takes over when it is gone', async () => {
    watched = new WatchedLoop(() => server.url, log);
    await log.accept(intent);
    await watched.until((report) => report.active && covers(log)(report));
    const heard: ProjectorReport[] = [];
    const standby = new WatchedLoop(
      () => server.url,
      log,
      (report) => heard.push(report),
    );
    try {
      await standby.until(covers(log));
      await log.accept(intent);
      await standby.until(covers(log));
      expect(standby.last).toMatchObject({ active: false, connected: true, problem: null, applied: 0 });
      // As when its process is killed: PostgreSQL sees the connection end.
      await watched.stop();
      await log.accept(intent);
      await standby.until((report) => report.active && covers(log)(report));
      expect(heard.filter(({ connected }) => !connected)).toEqual([]);
    } finally {
      await standby.stop();
    }
    expect(await countOf('execution')).toBe(3);
  });

  it('tells that its copy of the log is behind the lists, and takes up once it has caught up', async () => {
    watched = new WatchedLoop(() => server.url, log);
    await log.accept(intent);
    await watched.until(covers(log));
    await watched.stop();
    const { read } = log;
    log.read = async () => [];
    watched = new WatchedLoop(() => server.url, Object.assign(log, { isCopy: true }));
    await watched.until(({ problem }) => problem !== null);
    expect(watched.last).toMatchObject({ connected: true, active: false, problem: expect.stringContaining('copy') });
    expect(await countOf('execution')).toBe(1);
    log.read = read;
    await log.accept(intent);
    await watched.until((report) => report.active && covers(log)(report));
    expect(watched.last?.problem).toBeNull();
    await watched.stop();
    expect(await countOf('execution')).toBe(2);
  });

  it('lets another replica project when it is told to, and goes on when there is none', async () => {
    const copy = Object.assign(new SampleLog(log.wal), { isCopy: true });
    watched = new WatchedLoop(() => server.url, copy);
    await log.accept(intent);
    await watched.until((report) => report.active && covers(log)(report));
    watched.loop.letGo();
    await watched.until(({ active }) => !active);
    await log.accept(intent);
    await watched.until((report) => report.active && covers(log)(report));
    // nothing more comes in here, as when a copy is halted
    copy.read = async () => [];
    await log.accept(intent);
    other = new WatchedLoop(() => server.url, log);
    await other.until(({ connected }) => connected);
    expect(other.last?.active).toBe(false);
    watched.loop.letGo();
    await other.until((report) => report.active && covers(log)(report));
    expect(await countOf('execution')).toBe(3);
  });

  it('takes over from a replica that stands still, and says no more that it ends', async () => {
    let stands = false;
    let goOn = (): void => undefined;
    const still = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const frozen = {
      silenceMs: 500,
      pause: (): Promise<void> => (stands ? still : new Promise((resolve) => setImmediate(resolve))),
    };
    watched = new WatchedLoop(() => server.url, log, undefined, frozen);
    await log.accept(intent);
    await watched.until((report) => report.active && covers(log)(report));
    stands = true;
    other = new WatchedLoop(() => server.url, log);
    await log.accept(intent);
    await other.until((report) => report.active && covers(log)(report));
    expect(await countOf('execution')).toBe(2);
    stands = false;
    goOn();
    await watched.until(({ active }) => !active);
  });

  it('shows behind another replica that a rebuild goes on', async () => {
    watched = new WatchedLoop(() => server.url, log.verified());
    for (let count = 0; count < 3; count += 1) await log.accept(intent);
    await watched.until(covers(log));
    // A log that was damaged since cannot be made anew whole: the rebuild stays where it is.
    (await log.all()).find(({ position }) => position === 1)?.body.write('X', 40);
    await readModel.requestRebuild();
    await watched.until(({ rebuilding, halted }) => rebuilding !== null && halted.length > 0);
    const standby = new WatchedLoop(() => server.url, log);
    try {
      await standby.until(({ rebuilding }) => rebuilding !== null);
      expect(standby.last).toMatchObject({ active: false, positions: watched.last?.positions });
    } finally {
      await standby.stop();
    }
  });

  it('halts the partition of a damaged entry by name, and goes on with the others', async () => {
    for (let count = 0; count < 12; count += 1) await log.accept(intent);
    const [victim] = (await log.all()).filter(({ position }) => position === 2);
    victim?.body.write('X', 40);
    const sound = 1 + (await log.all()).filter(({ partition }) => partition !== victim?.partition).length;
    watched = new WatchedLoop(() => server.url, log.verified());
    await watched.until(({ halted }) => halted.length > 0);
    await watched.until(({ applied }) => applied === sound);
    const place = expect.stringContaining(`${victim?.streamId} seq 1`);
    expect(watched.last?.halted).toEqual([
      { partition: victim?.partition, place, finding: 'hash does not match the bytes' },
    ]);
    expect(watched.last?.positions[victim?.partition as number]).toBe(1);
    await watched.stop();
    expect(await countOf('execution')).toBe(sound);
  });
});
