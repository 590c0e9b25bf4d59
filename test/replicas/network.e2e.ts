import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, redisInstalled } from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type User, until } from '../e2e/cluster.js';
import { TENANT } from '../faults/faulty-cluster.js';
import { NetworkNamespace } from './network-namespace.js';
import { PARTITIONS, type ReplicatedCluster, startReplicas } from './replicated-cluster.js';
import { expectAllSound, goesOn, startLoad } from './sound-load.js';

const missing = redisInstalled() ? NetworkNamespace.missing() : 'redis-server is not installed';
// a machine may forbid namespaces to whoever runs the tests; there is nothing to install then
if (missing !== null) console.warn(`tests that cut networks are skipped: ${missing}`);

const answers = (host: string, port: number): Promise<true | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
  });

(missing === null ? describe : describe.skip)('the network between a replica and the log', () => {
  let network: NetworkNamespace;
  let server: ChildProcess;
  let directory: string;
  let cluster: ReplicatedCluster;
  let analyst: User;
  let auditor: User;
  let sessionId: string;

  beforeAll(async () => {
    network = new NetworkNamespace();
    directory = mkdtempSync(join(tmpdir(), 'intendant-network-'));
    const wires = [network.wire(), network.wire()];
    const port = await freePort();
    const settings = { port: String(port), bind: '0.0.0.0', 'protected-mode': 'no', dir: directory, save: '' };
    const durable = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };
    const args = Object.entries({ ...settings, ...durable }).flatMap(([name, value]) => [`--${name}`, value]);
    server = network.spawn(['redis-server', ...args], { stdio: 'ignore' });
    await until('Redis answers', () => answers(wires[0] as string, port));
    const urlOver = (wire: number): string => `redis://${wires[wire]}:${port}`;
    cluster = await startReplicas(
      2,
      { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: urlOver(0) },
      (service): Readonly<Record<string, string>> =>
        service === 'runtime-2' ? { INTENDANT_REDIS_URL: urlOver(1) } : {},
    );
    await cluster.allHeld();
    analyst = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
    auditor = await cluster.user(TENANT, 'auditor', 'auditor');
    sessionId = await analyst.session();
  });
  afterAll(async () => {
    await cluster?.lab.destroy();
    if (server !== undefined) {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    }
    network?.remove();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it('when it is cut, that replica acknowledges nothing and says so, and the other takes its partitions', async () => {
    const second = cluster.at(analyst, 1);
    const load = startLoad('cut', [analyst], sessionId);
    await goesOn(load, 60);
    network.cut(1);
    try {
      await until('the replica that was cut off says so', async () =>
        (await second.get('/health/ready')).status === 503 ? true : undefined,
      );
      await until(
        'the other replica has taken everything',
        async () => ((await cluster.held())[0] === PARTITIONS ? true : undefined),
        40_000,
      );
      await goesOn(load, 60);
      const submitted = await second.submit(sessionId, 'bench.echo', { key: 'nowhere' });
      expect(submitted.status).toBe(503);
      expect((await analyst.get('/health/ready')).status).toBe(200);
    } finally {
      network.mend(1);
    }
    await goesOn(load, 100);
    const acknowledged = await load.stop();
    await cluster.allHeld(undefined, 60_000);
    await until('both are ready', async () => ((await second.get('/health/ready')).status === 200 ? true : undefined));
    await expectAllSound(acknowledged, analyst, auditor);
  });
});
