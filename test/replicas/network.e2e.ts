import { hasKafka } from '@intendant/wal-kafka/testing';
import { describeWithRedis } from '@intendant/wal-redis/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type User, until } from '../e2e/cluster.js';
import { TENANT } from '../faults/faulty-cluster.js';
import { NetworkNamespace } from './network-namespace.js';
import { PARTITIONS, type ReplicatedCluster, startReplicas } from './replicated-cluster.js';
import { kafkaBehindWires, redisBehindWires, type ServerBehindWires } from './server-behind-wires.js';
import { expectAllSound, goesOn, startLoad } from './sound-load.js';

// a machine may forbid namespaces to whoever runs the tests; there is nothing to install then
const missing = NetworkNamespace.missing();
if (missing !== null) console.warn(`tests that cut networks are skipped: ${missing}`);

const networkSuite = (startServer: typeof redisBehindWires) => (): void => {
  let network: NetworkNamespace;
  let server: ServerBehindWires;
  let cluster: ReplicatedCluster;
  let analyst: User;
  let auditor: User;
  let sessionId: string;

  beforeAll(async () => {
    network = new NetworkNamespace();
    server = await startServer(network, [network.wire(), network.wire()]);
    cluster = await startReplicas(2, server.envOver(0), (service) =>
      service === 'runtime-2' ? server.envOver(1) : {},
    );
    await cluster.allHeld();
    analyst = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
    auditor = await cluster.user(TENANT, 'auditor', 'auditor');
    sessionId = await analyst.session();
  });
  afterAll(async () => {
    await cluster?.lab.destroy();
    await server?.stop();
    network?.remove();
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
      await until('the other replica has taken everything', async () =>
        (await cluster.held())[0] === PARTITIONS ? true : undefined,
      );
      await goesOn(load, 60);
      const submitted = await second.submit(sessionId, 'bench.echo', { key: 'nowhere' });
      expect(submitted.status).toBe(503);
      await until('the other replica is ready', async () =>
        (await analyst.get('/health/ready')).status === 200 ? true : undefined,
      );
    } finally {
      network.mend(1);
    }
    await goesOn(load, 100);
    const acknowledged = await load.stop();
    await cluster.allHeld();
    await until('both are ready', async () => ((await second.get('/health/ready')).status === 200 ? true : undefined));
    await expectAllSound(acknowledged, analyst, auditor);
  });

  it('when it loses every fifth packet, everything takes longer and nothing else', async () => {
    const load = startLoad('lossy', [analyst, cluster.at(analyst, 1)], sessionId);
    await goesOn(load, 40);
    network.lose(20);
    try {
      await goesOn(load, 100);
      expect(network.lostCount).toBeGreaterThan(20);
    } finally {
      network.lose(0);
    }
    await goesOn(load, 40);
    const acknowledged = await load.stop();
    await cluster.allHeld();
    await expectAllSound(acknowledged, analyst, auditor);
  });

  it('when it is cut wire by wire and mended in whatever order, both replicas go on by themselves', async () => {
    const load = startLoad('swizzled', [analyst, cluster.at(analyst, 1)], sessionId);
    await goesOn(load, 40);
    for (const [cuts, mends] of [
      [
        [0, 1],
        [0, 1],
      ],
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0, 1],
        [1, 0],
      ],
    ] as const) {
      for (const wire of cuts) {
        network.cut(wire);
        await until('the replica that was cut off says so', async () =>
          (await cluster.at(analyst, wire).get('/health/ready')).status === 503 ? true : undefined,
        );
      }
      for (const wire of mends) {
        network.mend(wire);
        await until('the replica is ready again', async () =>
          (await cluster.at(analyst, wire).get('/health/ready')).status === 200 ? true : undefined,
        );
      }
      await goesOn(load, 40);
    }
    const acknowledged = await load.stop();
    await cluster.allHeld();
    await expectAllSound(acknowledged, analyst, auditor);
  });
};

const NAME = 'the network between a replica and the log';
if (missing !== null) describe.skip(NAME, networkSuite(redisBehindWires));
else {
  describeWithRedis(`${NAME}, in Redis`, networkSuite(redisBehindWires));
  (hasKafka ? describe : describe.skip)(`${NAME}, in Kafka`, networkSuite(kafkaBehindWires));
}
