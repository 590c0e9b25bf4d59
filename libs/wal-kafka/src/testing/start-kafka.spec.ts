import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaClient, withAdmin } from '../kafka-client.js';
import { hasKafka, KAFKA_START_TIMEOUT_MS, withoutKafka } from './kafka-for-tests.js';
import { installKafka } from './kafka-installation.js';
import { startKafka } from './start-kafka.js';

(hasKafka ? describe : describe.skip)(`brokers in a directory that has some${withoutKafka}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'intendant-kafka-'));
  const topics = (brokers: readonly string[]) =>
    withAdmin(kafkaClient({ brokers, topic: '', partitionCount: 1 }), (admin) => admin.listTopics());

  beforeAll(() => installKafka(), KAFKA_START_TIMEOUT_MS);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it(
    'come back on the same ports, with what was stored',
    async () => {
      const before = await startKafka({ directory, brokers: 1 });
      await withAdmin(kafkaClient({ brokers: before.brokers, topic: '', partitionCount: 1 }), (admin) =>
        admin.createTopics({ topics: [{ topic: 'kept' }], waitForLeaders: true }),
      );
      await before.stop();
      const again = await startKafka({ directory, brokers: 1 });
      try {
        expect(again.brokers).toEqual(before.brokers);
        expect(await topics(again.brokers)).toContain('kept');
      } finally {
        await again.stop();
      }
    },
    KAFKA_START_TIMEOUT_MS,
  );
});
