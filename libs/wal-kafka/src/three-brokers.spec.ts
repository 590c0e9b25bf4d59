import { type PlacedFrame, START_CURSOR } from '@intendant/wal';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KafkaFrameLog } from './kafka-frame-log.js';
import { openKafkaFrameLog } from './open-kafka-frame-log.js';
import { hasKafka, KAFKA_START_TIMEOUT_MS, startOwnKafka, withoutKafka } from './testing/kafka-for-tests.js';
import type { KafkaNode } from './testing/kafka-node.js';
import { scratchTopic } from './testing/scratch-topic.js';
import type { RunningKafka } from './testing/start-kafka.js';
import { positionsIn, readAll, TestWriter } from './testing/test-writer.js';
import { TopicOnServers } from './testing/topic-on-servers.js';
import { until } from './testing/until.js';

(hasKafka ? describe : describe.skip)(`brokers of three fail${withoutKafka}`, () => {
  const topic = scratchTopic();
  let kafka: RunningKafka;
  let log: KafkaFrameLog;

  beforeAll(async () => {
    kafka = await startOwnKafka({ brokers: 3 });
    const timeouts = { requestTimeoutMs: 3_000, operationTimeoutMs: 6_000 };
    log = await openKafkaFrameLog({
      brokers: kafka.brokers,
      topic,
      partitionCount: 2,
      minInsyncReplicas: 2,
      ...timeouts,
    });
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(async () => {
    await log.close();
    await kafka.stop();
  });

  const servers = () => new TopicOnServers(kafka.brokers, topic);
  const leaderOf = async (partition: number): Promise<KafkaNode> =>
    kafka.nodes[((await servers().leaderOf(partition)) as number) - 1] as KafkaNode;
  const allInSync = (partition: number) => () => servers().isInSync(partition, 3);

  it('says plainly that acknowledged means replicated, not synced', () => {
    expect(log.describe()).toMatchObject({
      durability: 'replicated by at least 2 of 3 brokers before it is acknowledged, in memory, not synced to disk',
      survivesPowerLoss: false,
    });
  });

  it('loses nothing acknowledged when the leader is killed while it is written to, and tells each frame once', async () => {
    const told: PlacedFrame[] = [];
    const listener = {
      onFrames: (frames: readonly PlacedFrame[]) => void told.push(...frames),
      onTrouble: () => undefined,
    };
    const stop = log.follow(0, START_CURSOR, listener);
    const writer = new TestWriter(log);
    await writer.appendUntil(() => writer.acknowledged.length >= 100);
    const leader = await leaderOf(0);
    let over = false;
    const writing = writer.appendUntil(() => over);
    await leader.kill();
    const reached = writer.acknowledged.length + 200;
    await until(() => writer.acknowledged.length >= reached);
    over = true;
    await writing;
    expect((await leaderOf(0)).port).not.toBe(leader.port);
    const held = await readAll(log, 0);
    const positions = positionsIn(held);
    expect(new Set(positions).size).toBe(positions.length);
    expect(positions).toEqual(expect.arrayContaining(writer.acknowledged));
    await until(() => told.length >= held.length);
    expect(told).toEqual(held);
    await stop();
    await leader.restart();
    await until(allInSync(0));
  });

  it('acknowledges nothing with one broker of three, and heals when they are back', async () => {
    await until(allInSync(1));
    const writer = new TestWriter(log, 1);
    await writer.appendUntil(() => writer.acknowledged.length === 1);
    const leader = await leaderOf(1);
    const others = kafka.nodes.filter((node) => node !== leader);
    await Promise.all(others.map((node) => node.kill()));
    expect(await writer.appendNext()).toBe(false);
    await Promise.all(others.map((node) => node.restart()));
    await writer.appendUntil(() => writer.acknowledged.length === 2);
    const positions = positionsIn(await readAll(log, 1));
    expect(positions).toEqual(expect.arrayContaining(writer.acknowledged));
    expect(new Set(positions).size).toBe(positions.length);
  });
});
