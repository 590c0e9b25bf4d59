import {
  hasKafka,
  type KafkaNode,
  type RunningKafka,
  startOwnKafka,
  TopicOnServers,
  withoutKafka,
} from '@intendant/wal-kafka/testing';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { type User, until } from '../e2e/cluster.js';
import { TENANT } from '../faults/faulty-cluster.js';
import { type ReplicatedCluster, startReplicas } from './replicated-cluster.js';
import { expectAllSound, goesOn, type RunningLoad, startLoad } from './sound-load.js';

const TOPIC = 'log.on.three';
/** Enough for a broker to give up what it leads in order, on a busy machine too. */
const GRACE_MS = 60_000;

(hasKafka ? describe : describe.skip)(`two replicas over a log on three brokers${withoutKafka}`, () => {
  let kafka: RunningKafka;
  let cluster: ReplicatedCluster;
  let analyst: User;
  let auditor: User;
  let sessionId: string;
  let topic: TopicOnServers;

  beforeAll(async () => {
    kafka = await startOwnKafka({ brokers: 3 });
    topic = new TopicOnServers(kafka.brokers, TOPIC);
    cluster = await startReplicas(2, {
      INTENDANT_WAL: 'kafka',
      INTENDANT_KAFKA_BROKERS: kafka.brokers.join(','),
      INTENDANT_KAFKA_TOPIC: TOPIC,
      INTENDANT_KAFKA_MIN_INSYNC: '2',
    });
    await cluster.allHeld();
    analyst = await cluster.user(TENANT, 'analyst', 'analyst', 'operator');
    auditor = await cluster.user(TENANT, 'auditor', 'auditor');
    sessionId = await analyst.session();
  });
  afterAll(async () => {
    await cluster?.lab.destroy();
    await kafka?.stop();
  });

  /** As whoever restarts brokers waits for it: with one of three behind, the next one's end would leave too few. */
  const allInSync = (): Promise<true> =>
    until('every partition is on three brokers again', async () => (await topic.isAllInSync(3)) || undefined);

  const leader = async (): Promise<KafkaNode> => kafka.nodes[((await topic.leaderOf(0)) as number) - 1] as KafkaNode;

  /** Intents are acknowledged before and after `fail`, and while it goes on; then everything must be there. */
  async function loadThrough(name: string, fail: (load: RunningLoad) => Promise<void>): Promise<void> {
    await allInSync();
    const load = startLoad(name, [analyst, cluster.at(analyst, 1)], sessionId);
    await goesOn(load, 40);
    await fail(load);
    await allInSync();
    await goesOn(load, 40);
    const acknowledged = await load.stop();
    await cluster.allHeld();
    await expectAllSound(acknowledged, analyst, auditor);
    console.info(JSON.stringify({ name, acknowledged: acknowledged.size, longestGapMs: load.longestGapMs() }));
  }

  it('loses nothing that was acknowledged when each broker is restarted in turn', async () => {
    await loadThrough('restarted', async (load) => {
      for (const node of kafka.nodes) {
        await node.stop(GRACE_MS);
        await goesOn(load, 40);
        await node.restart();
        await allInSync();
        await goesOn(load, 40);
      }
    });
  });

  it('loses nothing that was acknowledged when a broker that leads is killed', async () => {
    await loadThrough('killed', async (load) => {
      const killed = await leader();
      await killed.kill();
      await goesOn(load, 40);
      await killed.restart();
    });
  });

  it('loses nothing that was acknowledged when a replica is killed while a broker is down', async () => {
    await loadThrough('both', async (load) => {
      const killed = await leader();
      await killed.kill();
      const back = cluster.kill('runtime-2');
      await goesOn(load, 40);
      await back;
      await killed.restart();
    });
  });
});
