import type { Cluster, Kafka } from 'kafkajs';
import type { Offset } from './offsets.js';

/** What is there of a partition, from where it was asked for. */
export interface FetchedPartition {
  readonly partition: number;
  readonly records: readonly FetchedRecord[];
}

export interface FetchedRecord {
  readonly offset: Offset;
  readonly value: Buffer;
}

export interface Wanted {
  readonly partition: number;
  readonly from: Offset;
}

/** The part of the client library that its consumers are made of. Not in its types, and kept still by an exact version. */
interface LowLevelCluster extends Pick<Cluster, 'isConnected'> {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number; leader: number }[];
  findBroker(options: { nodeId: string }): Promise<LowLevelBroker>;
  fetchTopicsOffset(
    topics: readonly { topic: string; partitions: readonly { partition: number }[]; fromTimestamp: number }[],
  ): Promise<readonly { partitions: readonly { offset: string }[] }[]>;
}

interface LowLevelBroker {
  fetch(options: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: readonly {
      topic: string;
      partitions: readonly { partition: number; fetchOffset: string; maxBytes: number }[];
    }[];
  }): Promise<{
    responses: readonly {
      partitions: readonly { partition: number; messages: readonly { offset: string; value: Buffer | null }[] }[];
    }[];
  }>;
}

const READ_UNCOMMITTED = 0;
const LATEST = -1;
const EARLIEST = -2;

function lowLevelCluster(kafka: Kafka): LowLevelCluster {
  const create = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (create === undefined)
    throw new Error('this version of kafkajs cannot be used: its clusters are made in another way');
  const make = (kafka as unknown as Record<symbol, unknown>)[create] as (options: object) => LowLevelCluster;
  return make({ allowAutoTopicCreation: false, isolationLevel: READ_UNCOMMITTED, metadataMaxAge: 300_000 });
}

/**
 * Connections to the brokers of one topic, for reading. kafkajs offers readers only as members of a consumer group, which
 * join, rebalance and commit before the first record and know no bounded read; this uses the requests beneath them. After
 * any failure the whole connection is to be discarded and another one made: that also renews what it knows of the leaders.
 */
export class LogConnection {
  #discarded = false;

  private constructor(
    private readonly cluster: LowLevelCluster,
    private readonly topic: string,
    private readonly leaders: ReadonlyMap<number, number>,
  ) {}

  static async open(kafka: Kafka, topic: string): Promise<LogConnection> {
    const cluster = lowLevelCluster(kafka);
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      const partitions = cluster.findTopicPartitionMetadata(topic);
      return new LogConnection(
        cluster,
        topic,
        new Map(partitions.map(({ partitionId, leader }) => [partitionId, leader])),
      );
    } catch (error) {
      cluster.disconnect().catch(() => undefined);
      throw error;
    }
  }

  get discarded(): boolean {
    return this.#discarded;
  }

  /** Node ids of the brokers that lead a partition. */
  get leadingNodes(): readonly number[] {
    return [...new Set(this.leaders.values())];
  }

  /** Node id of the broker that leads the partition. */
  leaderOf(partition: number): number {
    const leader = this.leaders.get(partition);
    if (leader === undefined) throw new RangeError(`the topic ${this.topic} has no partition ${partition}`);
    return leader;
  }

  /** Records of partitions that this broker leads. Waits for the first of them, at most `maxWaitMs`. */
  async fetch(
    nodeId: number,
    wanted: readonly Wanted[],
    { maxBytes, maxWaitMs }: { maxBytes: number; maxWaitMs: number },
  ): Promise<readonly FetchedPartition[]> {
    this.#assertKept();
    const broker = await this.cluster.findBroker({ nodeId: String(nodeId) });
    const partitions = wanted.map(({ partition, from }) => ({ partition, fetchOffset: String(from), maxBytes }));
    const { responses } = await broker.fetch({
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: [{ topic: this.topic, partitions }],
    });
    const from = new Map(wanted.map((one) => [one.partition, one.from]));
    return responses
      .flatMap((response) => response.partitions)
      .map(({ partition, messages }) => ({
        partition,
        // a broker gives whole batches, so the first one may begin before what was asked for
        records: messages
          .map(({ offset, value }) => ({ offset: BigInt(offset), value: value ?? Buffer.alloc(0) }))
          .filter(({ offset }) => offset >= (from.get(partition) as Offset)),
      }));
  }

  /** Offset of the first record that is still kept. */
  firstOffset(partition: number): Promise<Offset> {
    return this.#offset(partition, EARLIEST);
  }

  /** Offset behind the last record that readers may see, as the partition's leader knows it. */
  endOffset(partition: number): Promise<Offset> {
    return this.#offset(partition, LATEST);
  }

  /** Never used again; ends in the background, when the open requests are answered or have timed out. */
  discard(): void {
    this.#discarded = true;
    this.cluster.disconnect().catch(() => undefined);
  }

  async #offset(partition: number, fromTimestamp: number): Promise<Offset> {
    this.#assertKept();
    const [answer] = await this.cluster.fetchTopicsOffset([
      { topic: this.topic, partitions: [{ partition }], fromTimestamp },
    ]);
    const found = answer?.partitions[0]?.offset;
    if (found === undefined) throw new Error(`partition ${partition}: no broker told its offsets`);
    return BigInt(found);
  }

  /** A cluster that was disconnected would connect again by itself, and nobody would end that. */
  #assertKept(): void {
    if (this.#discarded) throw new Error('the connection to the brokers was discarded');
  }
}
