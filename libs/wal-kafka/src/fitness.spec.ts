import { UnfitLog } from '@intendant/wal';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs, { type Admin, type Kafka, type ProducerConfig } from 'kafkajs';
import { GatheringProducer } from './gathering-producer.js';
import { kafkaClient, withAdmin } from './kafka-client.js';
import type { KafkaFrameLog } from './kafka-frame-log.js';
import { openKafkaFrameLog } from './open-kafka-frame-log.js';
import type { KafkaFrameLogOptions } from './options.js';
import { hasKafkaForTests, KAFKA_START_TIMEOUT_MS, kafkaForTests, withoutKafka } from './testing/kafka-for-tests.js';
import { scratchTopic } from './testing/scratch-topic.js';
import { entryFrame } from './testing/test-writer.js';
import { until } from './testing/until.js';

const FIT = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'unclean.leader.election.enable': 'false',
  'min.insync.replicas': '1',
  'flush.messages': '1',
  'max.message.bytes': '8388608',
};
const configEntries = (settings: Record<string, string>) =>
  Object.entries(settings).map(([name, value]) => ({ name, value }));

(hasKafkaForTests ? describe : describe.skip)(`a topic as a log${withoutKafka}`, () => {
  let server: Awaited<ReturnType<typeof kafkaForTests>>;
  let kafka: Kafka;
  const opened: KafkaFrameLog[] = [];
  const admin = <T>(work: (one: Admin) => Promise<T>) => withAdmin(kafka, work);
  const open = async (topic: string, more: Partial<KafkaFrameLogOptions> = {}) => {
    const log = await openKafkaFrameLog({
      brokers: server.brokers,
      topic,
      partitionCount: 2,
      watchIntervalMs: 50,
      ...more,
    });
    opened.push(log);
    return log;
  };
  const make = async (settings: Record<string, string>, numPartitions = 3) => {
    const topic = scratchTopic();
    await admin((one) =>
      one.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions, replicationFactor: 1, configEntries: configEntries(settings) }],
      }),
    );
    return topic;
  };
  const problems = async (topic: string, more?: Partial<KafkaFrameLogOptions>): Promise<readonly string[]> => {
    const failure = await open(topic, more).then(
      () => new Error('it was opened'),
      (error: Error) => error,
    );
    expect(failure).toBeInstanceOf(UnfitLog);
    return (failure as UnfitLog).problems;
  };

  beforeAll(async () => {
    server = await kafkaForTests();
    kafka = kafkaClient({ brokers: server.brokers, topic: '', partitionCount: 1 });
  }, KAFKA_START_TIMEOUT_MS);
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
  });
  afterAll(() => server.stop());

  it('is taken when somebody else made it with fitting settings', async () => {
    const log = await open(await make(FIT));
    expect(log.unfit()).toBeNull();
    expect(log.describe()).toEqual({
      backend: 'kafka',
      durability: 'written and synced to disk by one broker before it is acknowledged',
      survivesPowerLoss: true,
      partitionCount: 2,
    });
  });

  it.each([
    ['cleanup.policy', 'compact', 'cleanup.policy must be delete, but is compact'],
    ['cleanup.policy', 'compact,delete', 'cleanup.policy must be delete, but is compact,delete'],
    ['retention.ms', '604800000', 'retention.ms must be -1, but is 604800000'],
    ['retention.bytes', '1000000', 'retention.bytes must be -1, but is 1000000'],
    ['unclean.leader.election.enable', 'true', 'unclean.leader.election.enable must be false, but is true'],
    ['flush.messages', '10', 'flush.messages must be 1, but is 10'],
    ['max.message.bytes', '2000', 'max.message.bytes must be at least 8388608, but is 2000'],
    ['min.insync.replicas', '2', 'the replication factor must be above min.insync.replicas (2), but is 1'],
  ])('is refused with %s=%s', async (name, value, problem) => {
    expect(await problems(await make({ ...FIT, [name]: value }))).toEqual([problem]);
  });

  it('is refused with every problem at once, and with both numbers of partitions', async () => {
    expect(await problems(await make({}, 2))).toEqual([
      'the number of log partitions must be 2, but is 1',
      'retention.ms must be -1, but is 604800000',
      'max.message.bytes must be at least 8388608, but is 1048588',
      'flush.messages must be 1, but is 9223372036854775807',
    ]);
  });

  it('is refused when it cannot hold as many replicas as are asked for, and then not made either', async () => {
    const more = { minInsyncReplicas: 2 };
    expect(await problems(await make(FIT), more)).toEqual([
      'min.insync.replicas must be at least 2, but is 1',
      'the replication factor must be above 2, but is 1',
    ]);
    const topic = scratchTopic();
    expect(await problems(topic, more)).toEqual(['the replication factor must be above 2, but is 1']);
    expect(await admin((one) => one.listTopics())).not.toContain(topic);
  });

  const appended = async (log: KafkaFrameLog) => {
    const { epoch, cursor } = await log.claim(0, 0, 'a');
    const frames = [1, 2].map((at) => entryFrame(epoch, at));
    const { cursors } = await log.append(0, { epoch, nonce: 'a' }, frames, cursor);
    return { epoch, last: cursors[1] as string };
  };

  const alter = (topic: string, settings: Record<string, string>) =>
    admin((one) =>
      one.alterConfigs({
        validateOnly: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries: configEntries(settings) }],
      }),
    );

  it('takes nothing while a setting is weaker than when it was opened, and goes on when it is right again', async () => {
    const topic = scratchTopic();
    const log = await open(topic);
    const { epoch, last } = await appended(log);
    const append = () => log.append(0, { epoch, nonce: 'a' }, [entryFrame(epoch, 3)], last);
    await alter(topic, { ...FIT, 'retention.ms': '1000000' });
    await until(() => log.unfit() !== null);
    const problem = 'retention.ms must be -1, but is 1000000';
    expect([log.unfit(), log.refusal()?.problems]).toEqual([problem, [problem]]);
    await expect(append()).rejects.toMatchObject({ name: 'UnfitLog', problems: [problem] });
    await expect(log.claim(0, epoch, 'b')).rejects.toBeInstanceOf(UnfitLog);
    expect(await log.end(0)).toBe(last);
    await alter(topic, FIT);
    await until(() => log.unfit() === null);
    expect(await append()).toMatchObject({ adjoins: true });
  });

  it('goes on, and is opened again, when partitions were added that nobody can take away', async () => {
    const topic = scratchTopic();
    const log = await open(topic);
    const { epoch, last } = await appended(log);
    await admin((one) => one.createPartitions({ topicPartitions: [{ topic, count: 5 }] }));
    // by what is found wrong afterwards it shows that this was not
    const problem = 'retention.ms must be -1, but is 1000000';
    await alter(topic, { ...FIT, 'retention.ms': '1000000' });
    await until(() => log.unfit() !== null);
    expect(log.unfit()).toBe(problem);
    await alter(topic, FIT);
    await until(() => log.unfit() === null);
    await log.append(0, { epoch, nonce: 'a' }, [entryFrame(epoch, 3)], last);
    const again = await open(topic);
    expect(again.logId).toBe(log.logId);
    expect(again.describe().partitionCount).toBe(2);
    expect(await again.read(0, last, 1)).toHaveLength(1);
  });

  it('is not opened as a log of fewer or more partitions, whether or not these were written to, and keeps its id', async () => {
    const topic = scratchTopic();
    const log = await open(topic, { partitionCount: 4 });
    await log.claim(2, 0, 'a');
    const unlike = (wanted: number, found: number) => [
      `the number of log partitions must be ${wanted}, but is ${found}`,
    ];
    expect(await problems(topic, { partitionCount: 1 })).toEqual(unlike(1, 4));
    expect(await problems(topic, { partitionCount: 2 })).toEqual(unlike(2, 4));
    expect(await problems(topic, { partitionCount: 5 })).toEqual(unlike(5, 4));
    expect(await problems(await make(FIT, 5))).toEqual(unlike(2, 4));
    await admin((one) => one.createPartitions({ topicPartitions: [{ topic, count: 6 }] }));
    await expect(open(topic, { partitionCount: 5 })).rejects.toThrow('it has frames, but the log no identity');
    const again = await open(topic, { partitionCount: 4 });
    expect(again.logId).toBe(log.logId);
    expect(await again.end(1)).toBe('0');
  });

  it('has one id, although several make it at the same time', async () => {
    const topic = scratchTopic();
    const logs = await Promise.all(Array.from({ length: 5 }, () => open(topic)));
    expect(new Set(logs.map(({ logId }) => logId)).size).toBe(1);
  });

  const remove = (topic: string) => admin((one) => one.deleteTopics({ topics: [topic] }));
  /** Another log of this name, as soon as the old one is gone. */
  const makeAgain = async (topic: string): Promise<KafkaFrameLog> => {
    await until(() =>
      open(topic).then(
        () => true,
        () => false,
      ),
    );
    return opened.at(-1) as KafkaFrameLog;
  };
  /** Longer than a test may take. */
  const NEVER_MS = 600_000;

  it('refuses everything at once while it is gone, and gives up what was under way then', async () => {
    const topic = scratchTopic();
    // the watch is nearly always asking, so the topic goes between two of its questions
    const log = await open(topic, { operationTimeoutMs: NEVER_MS, watchIntervalMs: 1 });
    const { epoch, last } = await appended(log);
    await remove(topic);
    const gone = `log takes no appends: the topic ${topic} is gone`;
    // the watch may have seen it before, and the broker's own word may come first
    const any = /is gone|does not host this topic/;
    await expect(log.append(0, { epoch, nonce: 'a' }, [entryFrame(epoch, 3)], last)).rejects.toThrow(any);
    await until(() => log.unfit() !== null);
    expect(log.unfit()).toBe(`the topic ${topic} is gone`);
    const unfit = `the log must not be written: the topic ${topic} is gone`;
    await expect(log.append(0, { epoch, nonce: 'a' }, [entryFrame(epoch, 3)], last)).rejects.toThrow(unfit);
    await expect(log.claim(0, epoch, 'b')).rejects.toThrow(unfit);
    await expect(log.end(0)).rejects.toThrow(gone);
    await expect(log.at(0, last)).rejects.toThrow(gone);
    await expect(log.read(0, last, 1)).rejects.toThrow(gone);
  });

  it('is another log when it was deleted and made again, and takes nothing then', async () => {
    const topic = scratchTopic();
    const log = await open(topic);
    const { epoch, last } = await appended(log);
    await remove(topic);
    await until(() => log.unfit() !== null);
    const other = await makeAgain(topic);
    expect(other.logId).not.toBe(log.logId);
    await until(() => log.unfit()?.includes(other.logId) ?? false);
    const corrupt = `log corrupt at the topic ${topic}: it is another log`;
    await expect(log.read(0, last, 1)).rejects.toThrow(corrupt);
    await expect(log.append(0, { epoch, nonce: 'a' }, [entryFrame(epoch, 3)], last)).rejects.toThrow(corrupt);
    await expect(log.claim(0, epoch, 'b')).rejects.toThrow(corrupt);
    expect(await other.end(0)).toBe('0');
  });

  it('is seen to have been emptied by an append that comes before the watch', async () => {
    const topic = scratchTopic();
    const log = await open(topic, { watchIntervalMs: NEVER_MS });
    const { epoch, last } = await appended(log);
    await remove(topic);
    await makeAgain(topic);
    await expect(log.read(0, last, 1)).rejects.toThrow('log corrupt at partition 0');
    const late = log.append(0, { epoch, nonce: 'a' }, [entryFrame(epoch, 3)], last);
    await expect(late).rejects.toThrow('log corrupt at partition 0: it was emptied');
    await expect(log.claim(0, epoch, 'b')).rejects.toThrow('log corrupt at partition 0: it was emptied');
  });

  it('gets nothing of a send that was given up before it was made again', async () => {
    const topic = await make(FIT);
    const sending = { topic, timeoutMs: 6_000, replicationTimeoutMs: 3_000, maxBatchBytes: 1_000_000 };
    let isOver = false;
    const client = {
      producer: (config: ProducerConfig) => {
        const made = kafka.producer(config);
        made.on(made.events.DISCONNECT, () => {
          isOver = true;
        });
        return made;
      },
    } as unknown as Kafka;
    const producer = new GatheringProducer(client, sending);
    await producer.send(0, [Buffer.from('first')]);
    await remove(topic);
    await expect(producer.send(0, [Buffer.from('given up')])).rejects.toThrow('took longer');
    await admin((one) =>
      one.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions: 3, replicationFactor: 1, configEntries: configEntries(FIT) }],
      }),
    );
    await until(() => isOver);
    const offsets = await admin((one) => one.fetchTopicOffsets(topic));
    expect(offsets.map(({ high }) => high)).toEqual(['0', '0', '0']);
  });

  it('is not taken when it holds something else', async () => {
    const topic = await make(FIT);
    const producer = kafka.producer({ createPartitioner: () => () => 0 });
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'something' }] });
    await producer.disconnect();
    await expect(open(topic)).rejects.toThrow('it has frames, but the log no identity');
  });
});
