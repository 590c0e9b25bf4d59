import { CloudEvent } from '@intendant/outbox';
import { readTopic } from '@intendant/outbox/testing';
import {
  hasKafka,
  KAFKA_START_TIMEOUT_MS,
  type RunningKafka,
  startOwnKafka,
  withoutKafka,
} from '@intendant/wal-kafka/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, startCluster, type User, until } from './cluster.js';

const TOPIC = 'intendant.events';

(hasKafka ? describe : describe.skip)(`domain events on Kafka${withoutKafka}`, () => {
  let kafka: RunningKafka;
  let cluster: Cluster;
  let analyst: User;
  let sessionId: string;

  beforeAll(async () => {
    kafka = await startOwnKafka({ brokers: 1, settings: { 'group.initial.rebalance.delay.ms': '0' } });
    const env = { INTENDANT_OUTBOX: 'kafka', INTENDANT_OUTBOX_KAFKA_BROKERS: kafka.brokers.join(',') };
    cluster = await startCluster({ env });
    analyst = await cluster.user('t_showcase', 'analyst', 'analyst');
    sessionId = await analyst.session();
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(async () => {
    await cluster.lab.destroy();
    await kafka.stop();
  });

  const upload = async (): Promise<string> => {
    const { ref } = await analyst.stage('employees.csv');
    const payload = { uiName: 'employees.csv', fileType: 'csv', contentRef: ref };
    const { body } = await analyst.run(sessionId, 'content.upload', payload);
    expect(body.status).toBe('completed');
    return body.executionId;
  };
  const pending = (): Promise<number> => analyst.metric('intendant_outbox_pending');

  const marked = (executionId: string): Promise<true> =>
    until(`${executionId} is marked as published`, async () => {
      const { body } = await analyst.get(`/v1/outbox/entries?executionId=${executionId}`);
      return body.entries[0].published === true ? true : undefined;
    });

  it('arrive keyed by execution, also what was recorded while the broker was down', async () => {
    const before = await upload();
    await marked(before);
    await kafka.nodes[0]?.kill();
    const during = await upload();
    await until('the second waits', async () => ((await pending()) === 1 ? true : undefined));
    await kafka.nodes[0]?.restart();
    await marked(during);

    const messages = await readTopic(kafka.brokers, TOPIC);
    for (const executionId of [before, during]) {
      const message = messages.find(({ key }) => String(key) === executionId);
      const event = CloudEvent.parse(JSON.parse(String(message?.value)));
      const record = (await analyst.records(executionId)).find(({ type }) => type === 'event.emitted');
      expect(event).toMatchObject({ id: `${executionId}/${record?.seq}`, data: record?.data.data });
    }
  });
});
