import { type EntryFrame, LogCorrupt } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { openKafkaFrameLog } from '@intendant/wal-kafka';
import {
  hasKafkaForTests,
  KAFKA_START_TIMEOUT_MS,
  kafkaForTests,
  TopicOnServers,
  withoutKafka,
} from '@intendant/wal-kafka/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freshName, openRemote, scratchDirectory } from './open-remote.js';
import { until } from './until.js';

const ENTRIES = 20;

(hasKafkaForTests ? describe : describe.skip)(`a topic that is not what was copied${withoutKafka}`, () => {
  const cleanUp: (() => void | Promise<void>)[] = [];
  let kafka: Awaited<ReturnType<typeof kafkaForTests>>;
  beforeAll(async () => {
    kafka = await kafkaForTests();
  }, KAFKA_START_TIMEOUT_MS);
  afterEach(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });
  afterAll(() => kafka.stop());

  /** The watch would notice another log by itself, sooner or later than what is read and appended. */
  const watchIntervalMs = 600_000;
  const frames = (topic: string) =>
    openKafkaFrameLog({ brokers: kafka.brokers, topic, partitionCount: 2, watchIntervalMs });
  async function opened(topic: string, copy: string) {
    const one = await openRemote(await frames(topic), copy);
    cleanUp.push(() => one.wal.close());
    return one;
  }
  /** A log with entries in partition 0, and its follower. */
  async function written(topic: string) {
    const [copy, followed] = [scratchDirectory(), scratchDirectory()];
    cleanUp.push(
      () => copy.remove(),
      () => followed.remove(),
    );
    const [writer, follower] = [await opened(topic, copy.path), await opened(topic, followed.path)];
    const book = new LogBook();
    const lease = await writer.wal.acquire(0);
    for (let count = 0; count < ENTRIES; count += 1) await writer.wal.append(lease, [book.next(executionIn(0, count))]);
    await until(async () => (await follower.wal.tail(0)) === ENTRIES);
    return { writer, follower, lease, book, copy: copy.path };
  }

  it('halts when it was deleted and made anew, for holder, follower and who opens it', async () => {
    const topic = freshName();
    const { writer, follower, lease, book, copy } = await written(topic);
    await new TopicOnServers(kafka.brokers, topic).remove();
    await (await frames(topic)).close();
    const append = writer.wal.append(lease, [book.next(executionIn(0, 99))]);
    await expect(append).rejects.toBeInstanceOf(LogCorrupt);
    expect(writer.halted).toEqual([
      [
        0,
        expect.stringMatching(/^the log ends at \d and lost what was copied up to 21: positions 1 to 20 of epoch 1$/),
      ],
    ]);
    await until(() => follower.halted.length > 0);
    expect(follower.halted[0]).toEqual([
      0,
      expect.stringMatching(/^the log ends at \d and lost what was copied up to 21: positions 1 to 20 of epoch 1$/),
    ]);
    await writer.wal.close();
    const again = await opened(topic, copy);
    expect(again.halted.map(([partition]) => partition)).toEqual([0, 1]);
    expect(again.halted[0]?.[1]).toMatch(/^this is a copy of the log .*, the servers hold /);
  });

  it('halts at a gap and names the missing positions', async () => {
    const topic = freshName();
    const { follower } = await written(topic);
    const tampering = await frames(topic);
    cleanUp.push(() => tampering.close());
    const { epoch, cursor } = await tampering.claim(0, 1, 'tampering');
    const { records: _records, ...entry } = new LogBook().next(executionIn(0, 99));
    const frame: EntryFrame = { kind: 'entry', epoch, position: ENTRIES + 4, entry };
    await tampering.append(0, { epoch, nonce: 'tampering' }, [frame], cursor);
    await until(() => follower.halted.length > 0);
    expect(follower.halted).toEqual([[0, expect.stringContaining('positions 21 to 23 are missing')]]);
    await expect(follower.wal.acquire(0)).rejects.toBeInstanceOf(LogCorrupt);
    await expect(follower.wal.acquire(1)).resolves.toMatchObject({ partition: 1 });
  });
});
