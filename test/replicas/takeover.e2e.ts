import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type User, until } from '../e2e/cluster.js';
import { closedGate, handled, TENANT } from '../faults/faulty-cluster.js';
import { PARTITIONS, type ReplicatedCluster, startReplicas } from './replicated-cluster.js';
import { describeOverSharedLogs, type SharedLog } from './shared-logs.js';
import { expectAllSound, goesOn, recordsOf, startLoad } from './sound-load.js';

/** Ten seconds are promised; everything of a cluster shares two cores with the test here: how long it takes, `npm run bench -- --takeover` says. */
const BUSY = 6;

/** What a client sees at most while another replica takes over: a lease, the claims, and the executions found. */
const TAKEOVER_MS_MAX = 10_000 * BUSY;

describeOverSharedLogs('partitions that move', (start) => {
  let log: SharedLog;
  let cluster: ReplicatedCluster;
  let analyst: User;
  let users: readonly User[];
  let auditor: User;
  let sessionId: string;

  beforeAll(async () => {
    log = await start();
    cluster = await startReplicas(2, log.env);
    await cluster.allHeld();
    analyst = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
    users = [analyst, cluster.at(analyst, 1)];
    auditor = await cluster.user(TENANT, 'auditor', 'auditor');
    sessionId = await analyst.session();
  });
  afterAll(async () => {
    await cluster?.lab.destroy();
    await log?.stop();
  });

  it('after kill -9 of their holder are served by the other replica soon, and nothing is lost', async () => {
    // clients of the replica that lives; half of their keys are held by the one that dies
    const load = startLoad('killed', [users[0] as User], sessionId);
    await goesOn(load, 60);
    const back = cluster.kill('runtime-2');
    await goesOn(load, 400);
    await back;
    const acknowledged = await load.stop();
    expect(load.longestGapMs()).toBeLessThan(TAKEOVER_MS_MAX);
    await cluster.allHeld();
    await expectAllSound(acknowledged, analyst, auditor);
  });

  it('from a replica that ends in order are handed over at once', async () => {
    const load = startLoad('handed', [users[0] as User], sessionId);
    await goesOn(load, 60);
    const linesBefore = cluster.lines.length;
    const back = cluster.lab.restartOf('runtime-2');
    process.kill(cluster.pidOf('runtime-2'), 'SIGTERM');
    await goesOn(load, 200);
    await back;
    // each was given up to somebody who waited for it; had its holder only gone, its lease would have had to run out
    const given = cluster.lines.slice(linesBefore).filter((line) => /another owner .*from=runtime-2 /.test(line));
    expect(given.filter((line) => !line.includes('reason=handed_over'))).toEqual([]);
    expect(given.length).toBeGreaterThanOrEqual(PARTITIONS / 2);
    await cluster.allHeld();
    await goesOn(load, 60);
    const acknowledged = await load.stop();
    await expectAllSound(acknowledged, analyst, auditor);
  });

  it('from a replica that was stopped for longer than its lease are the others’: what it does later counts for nothing', async () => {
    const open = closedGate(cluster, 'frozen');
    const slow = await Promise.all(
      Array.from({ length: 16 }, async (_unused, n) => {
        const key = `frozen-${n}`;
        const headers = { 'idempotency-key': key };
        const payload = { key, gate: 'frozen' };
        const { executionId } = (await analyst.submit(sessionId, 'bench.echo', payload, headers)).body;
        return [key, executionId as string] as const;
      }),
    );
    const isCalled = ([, executionId]: readonly [string, string]): boolean => handled(cluster, executionId).length > 0;
    await until('all of them are called', () => (slow.every(isCalled) ? true : undefined));
    const pid = cluster.pidOf('runtime-2');
    process.kill(pid, 'SIGSTOP');
    try {
      // all of them are answered, although the holder of half of them says nothing for as long as this takes
      const meanwhile = await Promise.all(
        Array.from({ length: 16 }, async (_unused, n) => {
          const key = `meanwhile-${n}`;
          return await analyst.submit(sessionId, 'bench.echo', { key }, { 'idempotency-key': key });
        }),
      );
      expect(meanwhile.filter(({ status }) => status !== 202 && status !== 503)).toEqual([]);
      await cluster.allHeld([0]);
      open();
      const load = startLoad('beside', [analyst], sessionId);
      await goesOn(load, 50);
      await expectAllSound(await load.stop(), analyst, auditor);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await expectAllSound(new Map(slow), analyst, auditor);
    await cluster.allHeld();
    const late = await until('a late result is recorded', async () => {
      const counted = await Promise.all(slow.map(async ([, executionId]) => await recordsOf(executionId, analyst)));
      return counted.flat().some(({ type }) => type === 'call.superseded') ? true : undefined;
    });
    expect(late).toBe(true);
  });

  it('that are a replica’s whose projector worked for all leave the lists no older when it stands still', async () => {
    const isAtWork = async (user: User): Promise<boolean> =>
      (await user.metric('intendant_read_model_projecting')) === 1;
    const atWork = await until('one projects', async () => {
      const found = await Promise.all(users.map(isAtWork));
      return found.includes(true) ? found.indexOf(true) : undefined;
    });
    const other = 1 - atWork;
    const living = users[other] as User;
    const pid = cluster.pidOf(['runtime', 'runtime-2'][atWork] as string);
    process.kill(pid, 'SIGSTOP');
    try {
      await cluster.allHeld([other]);
      const { body } = await living.run(sessionId, 'bench.echo', { key: 'listed' });
      await until('the lists have it', async () => {
        const { status, body: page } = await living.get(`/v1/executions?waitFor=${body.executionId}`);
        return status === 200
          ? page.executions.some((one: typeof body) => one.executionId === body.executionId)
          : undefined;
      });
      expect(await isAtWork(living)).toBe(true);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await cluster.allHeld();
  });

  it('with the log’s server killed under load nothing that was acknowledged is lost, and it goes on by itself', async () => {
    const load = startLoad('server', users, sessionId);
    for (let round = 0; round < 3; round += 1) {
      await goesOn(load, 40);
      await log.killAndRestart();
      await goesOn(load, 40);
    }
    const acknowledged = await load.stop();
    await cluster.allHeld();
    await expectAllSound(acknowledged, analyst, auditor);
  });
});
