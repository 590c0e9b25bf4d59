import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningPostgres, startPostgres } from '@intendant/lab';
import { holdTables } from '@intendant/read-model/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, type User, until } from '../e2e/cluster.js';
import { expectAllSound, goesOn, startLoad } from '../replicas/sound-load.js';
import { childOf } from './child-process.js';
import { startFaultyCluster, TENANT } from './faulty-cluster.js';

const ROUNDS = 3;
/** Each acknowledged intent is checked one by one. */
const CLIENTS = 2;
/** How long there is no PostgreSQL each time; acceptance must not wait for it. */
const AWAY_MS = 5_000;
/** More than could have been under way when it ended. */
const ACCEPTED_MEANWHILE_MIN = 5 * CLIENTS;

interface Row {
  readonly executionId: string;
  readonly status: string;
}

let directory: string;
let postgres: RunningPostgres;
let cluster: Cluster;
let analyst: User;
let auditor: User;
let operator: User;
let sessionId: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'intendant-database-'));
  const restart = { firstDelayMs: AWAY_MS, longestDelayMs: AWAY_MS, healthyAfterMs: 1_000 };
  postgres = await startPostgres({ dataDir: directory, restart });
  cluster = await startFaultyCluster({ databaseUrl: postgres.url });
  analyst = await cluster.user(TENANT, 'analyst', 'analyst');
  auditor = await cluster.user(TENANT, 'auditor', 'auditor');
  operator = await cluster.user(TENANT, 'op', 'operator');
  sessionId = await analyst.session();
});
afterAll(async () => {
  await cluster?.lab.destroy();
  await postgres?.destroy();
  rmSync(directory, { recursive: true, force: true });
});

/** Every row of the list, once it covers what the log holds of this execution. */
async function listed(covering: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let next: string | null = `limit=200&waitFor=${covering}`; next !== null; ) {
    const { status, body } = await operator.get(`/v1/executions?${next}`);
    if (status !== 200) throw new Error(`a list was answered with ${status} ${body.code}`);
    rows.push(...body.executions);
    next = body.nextCursor === null ? null : `limit=200&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
  return rows;
}

interface Progress {
  readonly logPosition: number;
  readonly lagEntries: number;
  readonly rebuiltPosition: number | null;
}

const readModel = async () => (await operator.get('/v1/read-model')).body;
const caughtUp = (): Promise<true> =>
  until('the read model has caught up', async () => {
    const { partitions, rebuilding, connected, active } = await readModel();
    const isBehind = partitions.some(({ lagEntries }: Progress) => lagEntries > 0);
    return connected && active && !rebuilding && !isBehind ? true : undefined;
  });

/** Asks for a rebuild; resolves when the new tables are full and wait to be served. */
async function rebuiltBehindLock(): Promise<void> {
  expect((await operator.post('/v1/read-model/rebuild')).status).toBe(202);
  await until('the new tables are full', async () => {
    const { partitions, rebuilding } = await readModel();
    return rebuilding && partitions.every((one: Progress) => one.rebuiltPosition === one.logPosition)
      ? true
      : undefined;
  });
}

describe('PostgreSQL ended without a word every few moments, under load', () => {
  it('acceptance goes on, and lists come to equal the log', async () => {
    const load = startLoad('restarted', [analyst], sessionId, CLIENTS);
    for (let round = 0; round < ROUNDS; round += 1) {
      await goesOn(load, 60);
      const { pid } = postgres.server;
      const back = postgres.server.ready(pid);
      process.kill(pid as number, 'SIGQUIT');
      const acceptedBefore = load.count();
      await back;
      expect(load.count() - acceptedBefore).toBeGreaterThanOrEqual(ACCEPTED_MEANWHILE_MIN);
      await goesOn(load, 60);
    }
    const acknowledged = await load.stop();
    await expectAllSound(acknowledged, analyst, auditor);
    await caughtUp();
    const last = [...acknowledged.values()].at(-1) as string;
    const rows = await listed(last);
    const ids = new Set(rows.filter((row) => row.status === 'completed').map(({ executionId }) => executionId));
    expect([...acknowledged.values()].filter((executionId) => !ids.has(executionId))).toEqual([]);
    expect(rows).toHaveLength(new Set(rows.map(({ executionId }) => executionId)).size);

    const release = await holdTables(postgres.url, 'shared');
    await rebuiltBehindLock();
    await release();
    await caughtUp();
    expect(await listed(last)).toEqual(rows);
  });
});

(process.platform === 'linux' ? describe : describe.skip)('a projector that is killed amid a rebuild', () => {
  it('leaves the old tables served; the next one ends what was begun, and another rebuild succeeds', async () => {
    const { executionId } = (await analyst.run(sessionId, 'bench.echo', {})).body;
    const rows = await listed(executionId);
    const release = await holdTables(postgres.url, 'shared');
    const projector = (): number | undefined => childOf(cluster.pidOf('runtime'), 'projector-process');
    const before = projector();
    try {
      await rebuiltBehindLock();
      process.kill(before as number, 'SIGKILL');
      expect((await operator.get('/v1/executions?limit=200')).body.executions).toEqual(rows.slice(0, 200));
      await until('another projector is at it', async () => {
        const { rebuilding, connected } = await readModel();
        return projector() !== before && connected && rebuilding ? true : undefined;
      });
    } finally {
      await release();
    }
    await caughtUp();
    expect(await listed(executionId)).toEqual(rows);

    const releaseAgain = await holdTables(postgres.url, 'shared');
    await rebuiltBehindLock();
    await releaseAgain();
    await caughtUp();
    expect(await listed(executionId)).toEqual(rows);
  });
});

describe('tables of the read model that somebody has locked', () => {
  it('are 503 for who asks for them, while they are locked, and nobody else waits', async () => {
    const release = await holdTables(postgres.url, 'alone');
    const load = startLoad('locked', [analyst], sessionId, CLIENTS);
    try {
      // more than there are connections to wait on; the lock is let go only when all of them are answered
      const answers = await Promise.all(Array.from({ length: 12 }, () => operator.get('/v1/executions')));
      for (const { status, body, headers } of answers) {
        expect([status, body.code]).toEqual([503, 'read_model_unavailable']);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
      await goesOn(load, 60);
    } finally {
      await release();
    }
    const acknowledged = await load.stop();
    await expectAllSound(acknowledged, analyst, auditor);
    await caughtUp();
    const ids = new Set((await listed([...acknowledged.values()].at(-1) as string)).map((row) => row.executionId));
    expect([...acknowledged.values()].filter((executionId) => !ids.has(executionId))).toEqual([]);
  });
});
