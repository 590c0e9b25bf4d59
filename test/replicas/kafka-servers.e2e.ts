import {
  hasKafka,
  KAFKA_START_TIMEOUT_MS,
  type RunningKafka,
  startOwnKafka,
  TopicOnServers,
  withoutKafka,
} from '@intendant/wal-kafka/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { User, until } from '../e2e/cluster.js';
import { TENANT } from '../faults/faulty-cluster.js';
import { PARTITIONS, startReplicas } from './replicated-cluster.js';

(hasKafka ? describe : describe.skip)(`what a Runtime says of its Kafka${withoutKafka}`, () => {
  let kafka: RunningKafka;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    kafka = await startOwnKafka({ brokers: 1 });
    env = { INTENDANT_WAL: 'kafka', INTENDANT_KAFKA_BROKERS: kafka.brokers.join(',') };
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(() => kafka?.stop());

  it('a topic that is no log ends the start with exit code 78 and what to do', async () => {
    const topic = 'somebody.elses';
    await new TopicOnServers(kafka.brokers, topic).makeOfSomethingElse(PARTITIONS);
    const lines: string[] = [];
    const options = { onLine: (line: string) => lines.push(line) };
    const started = startReplicas(1, { ...env, INTENDANT_KAFKA_TOPIC: topic }, undefined, options);
    await expect(started).rejects.toThrow('runtime refused its configuration');
    const said = lines.filter((line) => line.startsWith('runtime ')).join('\n');
    expect(said).toContain(`INTENDANT_WAL=kafka: the topic ${topic} is no log (partition 0: it has frames`);
    expect(said).toContain('stop whoever writes to it and delete it, or name another one with INTENDANT_KAFKA_TOPIC');
    expect(said).toContain('exit code 78');
    // a stack is for whoever mends the program
    expect(said).not.toMatch(/^\s*runtime .* at /m);
  });

  it('a broker that is down is named by its address in the readiness of every replica, until it is back', async () => {
    const cluster = await startReplicas(2, env);
    try {
      await cluster.allHeld();
      const anybody = new User(cluster.lab.url, await cluster.lab.token({ tenantId: TENANT, roles: ['analyst'] }));
      const both = (what: string, isSo: (answer: { status: number; body: unknown }) => boolean) =>
        until(what, async () => {
          const answers = [0, 1].map((replica) => cluster.at(anybody, replica).get('/health/ready'));
          return (await Promise.all(answers)).every(isSo) || undefined;
        });
      await kafka.nodes[0]?.kill();
      const address = kafka.brokers[0] as string;
      await both(
        'its address is told',
        ({ status, body }) =>
          status === 503 && JSON.stringify((body as { reasons: unknown }).reasons).includes(address),
      );
      await kafka.nodes[0]?.restart();
      await both('they are ready again', ({ status }) => status === 200);
    } finally {
      await cluster.lab.destroy();
    }
  });
});
