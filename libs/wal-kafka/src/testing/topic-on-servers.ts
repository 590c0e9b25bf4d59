import type { Admin, Kafka } from 'kafkajs';
import { kafkaClient, withAdmin } from '../kafka-client.js';
import { openTopic, readTopic } from '../log-topic.js';
import { until } from './until.js';

const MADE_MS_MAX = 120_000;

/** A topic as the brokers see it, past any handle on the log. */
export class TopicOnServers {
  constructor(
    /** `host:port` of some brokers. */
    private readonly brokers: readonly string[],
    private readonly topic: string,
  ) {}

  /** Node id of the broker that leads this partition, or undefined while there is none. */
  async leaderOf(partition: number): Promise<number | undefined> {
    const leader = (await this.#partition(partition))?.leader;
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  /** Whether so many replicas of this partition are in sync; false while the brokers do not say. */
  async isInSync(partition: number, replicas: number): Promise<boolean> {
    const found = await this.#partition(partition).catch(() => undefined);
    return found?.isr.length === replicas;
  }

  /** Whether every partition, that of the identity too, has so many replicas in sync; false while the brokers do not say. */
  async isAllInSync(replicas: number): Promise<boolean> {
    const found = await this.#partitions().catch(() => []);
    return found.length > 0 && found.every(({ isr }) => isr.length === replicas);
  }

  /** Makes the topic with the settings that a log of so many partitions has, and puts something into it that is no log. */
  async makeOfSomethingElse(partitionCount: number): Promise<void> {
    const demands = { partitionCount, minInsyncReplicas: 1 };
    const wanted = { topic: this.topic, demands, replicationFactor: undefined, timeoutMs: MADE_MS_MAX };
    await this.#admin((admin) => openTopic(admin, wanted));
    const producer = this.#client().producer({ createPartitioner: () => () => 0 });
    await producer.connect();
    await producer.send({ topic: this.topic, messages: [{ value: 'something else' }] });
    await producer.disconnect();
  }

  /** Deletes the topic with all its frames; resolves when the brokers no longer know it. */
  async remove(): Promise<void> {
    await this.#admin((admin) => admin.deleteTopics({ topics: [this.topic] }));
    await until(async () => (await this.#admin((admin) => readTopic(admin, this.topic))) === null);
  }

  async #partition(partition: number) {
    return (await this.#partitions()).find(({ partitionId }) => partitionId === partition);
  }

  async #partitions() {
    const { topics } = await this.#admin((admin) => admin.fetchTopicMetadata({ topics: [this.topic] }));
    return topics[0]?.partitions ?? [];
  }

  #admin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    return withAdmin(this.#client(), work);
  }

  #client(): Kafka {
    return kafkaClient({ brokers: this.brokers, topic: this.topic, partitionCount: 1 });
  }
}
