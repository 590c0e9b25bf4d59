import { LogCorrupt, START_CURSOR, Trimmed } from '@intendant/wal';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaClient } from './kafka-client.js';
import type { KafkaFrameLog } from './kafka-frame-log.js';
import { openKafkaFrameLog } from './open-kafka-frame-log.js';
import { hasKafkaForTests, KAFKA_START_TIMEOUT_MS, kafkaForTests, withoutKafka } from './testing/kafka-for-tests.js';
import { scratchTopic } from './testing/scratch-topic.js';
import { entryFrame, positionsIn } from './testing/test-writer.js';
import { until } from './testing/until.js';

(hasKafkaForTests ? describe : describe.skip)(`frames that cannot be told${withoutKafka}`, () => {
  let server: Awaited<ReturnType<typeof kafkaForTests>>;
  let log: KafkaFrameLog;
  const topic = scratchTopic();

  beforeAll(async () => {
    server = await kafkaForTests();
    log = await openKafkaFrameLog({ brokers: server.brokers, topic, partitionCount: 3 });
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(async () => {
    await log.close();
    await server.stop();
  });

  const filled = async (partition: number, count: number): Promise<readonly string[]> => {
    const { epoch, cursor } = await log.claim(partition, 0, 'a');
    const frames = Array.from({ length: count }, (_, index) => entryFrame(epoch, index + 1));
    return (await log.append(partition, { epoch, nonce: 'a' }, frames, cursor)).cursors;
  };
  const lastTrouble = (partition: number, after: string) => {
    const heard: (Error | null)[] = [];
    const stop = log.follow(partition, after, {
      onFrames: () => undefined,
      onTrouble: (error) => void heard.push(error),
    });
    return { heard, stop };
  };

  it('are refused by their first kept one when they were dropped', async () => {
    const cursors = await filled(0, 4);
    await log.trim(0, cursors[2] as string);
    const trimmed = expect.objectContaining({ name: 'Trimmed', partition: 0, before: cursors[2] });
    await expect(log.read(0, START_CURSOR, 10)).rejects.toThrow(trimmed);
    await expect(log.at(0, cursors[1] as string)).rejects.toThrow(trimmed);
    expect(positionsIn(await log.read(0, cursors[1] as string, 10))).toEqual([3, 4]);
    await log.trim(0, cursors[1] as string);
    expect(positionsIn(await log.read(0, cursors[1] as string, 10))).toEqual([3, 4]);
  });

  it('end the following of their partition, and not that of others', async () => {
    const cursors = await filled(1, 4);
    await log.trim(1, cursors[3] as string);
    const other: number[] = [];
    await filled(2, 1);
    const stopOther = log.follow(2, START_CURSOR, {
      onFrames: (frames) => void other.push(...positionsIn(frames)),
      onTrouble: () => undefined,
    });
    const dropped = lastTrouble(1, START_CURSOR);
    const beyond = lastTrouble(1, '1000');
    await until(() => dropped.heard.length > 0 && beyond.heard.length > 0);
    expect(dropped.heard).toEqual([expect.any(Trimmed)]);
    expect(beyond.heard).toEqual([expect.any(LogCorrupt)]);
    await until(() => other.length > 0);
    await Promise.all([dropped.stop(), beyond.stop(), stopOther()]);
  });

  it('are refused when their bytes are no frame', async () => {
    const client = kafkaClient({ brokers: server.brokers, topic, partitionCount: 3 });
    const producer = client.producer({ createPartitioner: () => () => 2 });
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'something else' }] });
    await producer.disconnect();
    await expect(log.read(2, START_CURSOR, 10)).rejects.toThrow('log corrupt at partition 2, offset 2');
    const { heard, stop } = lastTrouble(2, START_CURSOR);
    await until(() => heard.length > 0);
    expect(heard).toEqual([expect.any(LogCorrupt)]);
    await stop();
  });

  it('are not looked for in partitions that are none, nor after closing', async () => {
    const closed = await openKafkaFrameLog({ brokers: server.brokers, topic, partitionCount: 3 });
    // the topic has a fourth, which holds the identity
    await expect(closed.read(3, START_CURSOR, 1)).rejects.toThrow(RangeError);
    await closed.close();
    await expect(closed.end(0)).rejects.toThrow(expect.objectContaining({ name: 'LogClosed' }));
  });
});
