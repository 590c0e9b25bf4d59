import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describeWithRedis, type RunningRedis, startRedis } from '@intendant/wal-redis/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type User, until } from '../e2e/cluster.js';
import { TENANT } from '../faults/faulty-cluster.js';
import { chosenSeed, seeded } from '../logs/seeded.js';
import { type ReplicatedCluster, startReplicas } from './replicated-cluster.js';
import { SlowProxy } from './slow-proxy.js';
import { expectAllSound, goesOn, startLoad } from './sound-load.js';

/** Each acknowledged intent is checked one by one. */
const CLIENTS = 2;
const KILL_MS = Number(process.env['INTENDANT_TEST_KILL_MS'] ?? 60_000);
const VICTIMS = ['runtime', 'runtime-2', 'bench', 'smart-city', 'curator', 'postgres', 'redis'] as const;

describeWithRedis('one of two replicas that misbehaves', () => {
  let redis: RunningRedis;
  let proxy: SlowProxy;
  let directory: string;
  let cluster: ReplicatedCluster;
  let analyst: User;
  let auditor: User;
  let sessionId: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'intendant-order-'));
    redis = await startRedis();
    proxy = await SlowProxy.to(redis.port);
    const second = {
      INTENDANT_REDIS_URL: `redis://127.0.0.1:${proxy.ownPort}`,
      NODE_OPTIONS: `--max-old-space-size=256 --import=${new URL('./faults-inside.mjs', import.meta.url)}`,
      FAULT_ORDER: join(directory, 'order'),
    };
    const env = { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: redis.url };
    cluster = await startReplicas(2, env, (service) =>
      service === 'runtime-2' ? second : ({} as Readonly<Record<string, string>>),
    );
    await cluster.allHeld();
    analyst = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
    auditor = await cluster.user(TENANT, 'auditor', 'auditor');
    sessionId = await analyst.session();
  });
  afterEach(() => cluster.allHeld());
  afterAll(async () => {
    await cluster?.lab.destroy();
    await proxy?.close();
    await redis?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function order(what: string): void {
    writeFileSync(join(directory, 'order'), what);
    process.kill(cluster.pidOf('runtime-2'), 'SIGUSR2');
  }

  it('by an event loop that stands still for longer than its lease: the other takes over, and it notices', async () => {
    const load = startLoad('blocked', [analyst], sessionId, CLIENTS);
    await goesOn(load, 30);
    order('block');
    await cluster.allHeld([0]);
    await goesOn(load, 30);
    writeFileSync(join(directory, 'order'), 'go on');
    await cluster.allHeld();
    await expectAllSound(await load.stop(), analyst, auditor);
  });

  it.each([
    ['an exception that nobody catches', 'throw', 'thrown on order', /exit code 1/],
    ['a heap that is full', 'heap', 'heap out of memory', /SIGABRT|exit code 134/],
  ])('by %s: it ends at once, and what it held goes on', async (_what, what, word, end) => {
    const load = startLoad(what, [analyst], sessionId, CLIENTS);
    await goesOn(load, 20);
    const linesBefore = cluster.lines.length;
    const pid = cluster.pidOf('runtime-2');
    const back = cluster.lab.restartOf('runtime-2', pid);
    order(what);
    await until('it has ended', () =>
      cluster.lab.processes.some((one) => one.name === 'runtime-2' && one.pid === pid) ? undefined : true,
    );
    await goesOn(load, 20);
    const acknowledged = await load.stop();
    await back;
    await cluster.allHeld();
    await expectAllSound(acknowledged, analyst, auditor);
    const said = cluster.lines.slice(linesBefore);
    expect(said.some((line) => line.includes(word))).toBe(true);
    expect(said.find((line) => line.includes('died'))).toMatch(end);
  });

  it('by a clock that is ten minutes fast: it says so, and in the end the other has what it held', async () => {
    const second = cluster.at(analyst, 1);
    const load = startLoad('skewed', [analyst, second], sessionId, CLIENTS);
    await goesOn(load, 30);
    order('clock 600000');
    await until('it says that its clock is wrong', async () => {
      const { status, body } = await second.get('/health/ready');
      return status === 503 && JSON.stringify(body.reasons).includes('clock') ? true : undefined;
    });
    await cluster.allHeld([0]);
    await goesOn(load, 60);
    await cluster.allHeld([0]);
    await expectAllSound(await load.stop(), analyst, auditor);
    const back = cluster.kill('runtime-2');
    await back;
  });

  it('by a slow way to the log, in small pieces: everything takes longer, and that is all', async () => {
    await cluster.allHeld();
    const lost = await cluster.at(analyst, 1).metric('intendant_partitions_lost_total');
    proxy.delayMs = 100;
    proxy.pieceBytesMax = 7;
    try {
      const load = startLoad('slow', [analyst, cluster.at(analyst, 1)], sessionId, CLIENTS);
      await goesOn(load, 30);
      await expectAllSound(await load.stop(), analyst, auditor);
    } finally {
      proxy.delayMs = 0;
      proxy.pieceBytesMax = Number.POSITIVE_INFINITY;
    }
    await cluster.allHeld();
    expect(await cluster.at(analyst, 1).metric('intendant_partitions_lost_total')).toBe(lost);
  });

  it(`and everything else, killed again and again for ${KILL_MS} ms: it converges when that ends`, async () => {
    const seed = chosenSeed();
    console.info(`kills of INTENDANT_TEST_SEED=${seed}`);
    const random = seeded(seed);
    const load = startLoad('killed', [analyst, cluster.at(analyst, 1)], sessionId, CLIENTS);
    const endMs = Date.now() + KILL_MS;
    while (Date.now() < endMs) {
      const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] as string;
      if (victim === 'redis') {
        await redis.kill();
        await redis.restart();
      } else if (cluster.lab.processes.some(({ name, pid }) => name === victim && pid !== undefined))
        void cluster.kill(victim).catch(() => undefined);
      await pause(500 + random() * 2_500);
    }
    await goesOn(load, 30);
    const acknowledged = await load.stop();
    await cluster.allHeld();
    await expectAllSound(acknowledged, analyst, auditor);
  });
});
