import { type PlacedFrame, START_CURSOR } from '@intendant/wal';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KafkaFrameLog } from './kafka-frame-log.js';
import { openKafkaFrameLog } from './open-kafka-frame-log.js';
import { hasKafka, KAFKA_START_TIMEOUT_MS, startOwnKafka, withoutKafka } from './testing/kafka-for-tests.js';
import type { KafkaNode } from './testing/kafka-node.js';
import { scratchTopic } from './testing/scratch-topic.js';
import type { RunningKafka } from './testing/start-kafka.js';
import { positionsIn, readAll, TestWriter } from './testing/test-writer.js';
import { until } from './testing/until.js';

(hasKafka ? describe : describe.skip)(`the only broker fails${withoutKafka}`, () => {
  let kafka: RunningKafka;
  let broker: KafkaNode;
  let log: KafkaFrameLog;

  beforeAll(async () => {
    kafka = await startOwnKafka({ brokers: 1 });
    broker = kafka.nodes[0] as KafkaNode;
    const { brokers } = kafka;
    const timeouts = { requestTimeoutMs: 1_500, operationTimeoutMs: 4_000 };
    log = await openKafkaFrameLog({ brokers, topic: scratchTopic(), partitionCount: 2, ...timeouts });
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(async () => {
    await log.close();
    await kafka.stop();
  });

  /** Writes, lets `fail` happen to the broker meanwhile, and goes on writing behind it; a reader follows all along. */
  async function writeThrough(partition: number, fail: (writer: TestWriter) => Promise<void>) {
    const told: PlacedFrame[] = [];
    const troubles: (Error | null)[] = [];
    const stop = log.follow(partition, START_CURSOR, {
      onFrames: (frames) => void told.push(...frames),
      onTrouble: (error) => void troubles.push(error),
    });
    const writer = new TestWriter(log, partition);
    await writer.appendUntil(() => writer.acknowledged.length >= 200);
    let over = false;
    const writing = writer.appendUntil(() => over);
    await fail(writer);
    const reached = writer.acknowledged.length + 200;
    await until(() => writer.acknowledged.length >= reached);
    over = true;
    await writing;
    const held = await readAll(log, partition);
    await until(() => told.length >= held.length);
    await stop();
    return { writer, held, told, troubles };
  }

  it('loses no acknowledged append by kill -9, has none twice, and tells each frame once to who follows', async () => {
    const { writer, held, told, troubles } = await writeThrough(0, async () => {
      await broker.kill();
      await broker.restart();
    });
    const positions = positionsIn(held);
    expect(new Set(positions).size).toBe(positions.length);
    expect(positions).toEqual(expect.arrayContaining(writer.acknowledged));
    expect(told).toEqual(held);
    expect(troubles[0]).toBeInstanceOf(Error);
    expect(troubles.at(-1)).toBeNull();
    expect(log.unfit()).toBeNull();
  });

  it('gets on when the broker hangs for longer than the timeouts, and answers again', async () => {
    const { writer, held, told } = await writeThrough(1, async ({ failures }) => {
      broker.freeze();
      await until(() => failures.length > 0);
      broker.thaw();
    });
    const positions = positionsIn(held);
    expect(new Set(positions).size).toBe(positions.length);
    expect(positions).toEqual(expect.arrayContaining(writer.acknowledged));
    expect(told).toEqual(held);
  });
});
