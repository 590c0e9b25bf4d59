import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { LogCorrupt } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { openKafkaFrameLog } from '@intendant/wal-kafka';
import {
  hasKafka,
  installKafka,
  KAFKA_START_TIMEOUT_MS,
  type RunningKafka,
  startKafka,
  withoutKafka,
} from '@intendant/wal-kafka/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenedWal, openRemote, scratchDirectory } from './open-remote.js';
import { until } from './until.js';

const ENTRIES = 20;
const DOUBT_MS = 1_000;
const TOPIC = 'cut';

(hasKafka ? describe : describe.skip)(`a topic whose broker lost its end${withoutKafka}`, () => {
  const scratch = [scratchDirectory(), scratchDirectory(), scratchDirectory()] as const;
  const [server, copy, followed] = scratch;
  const opened: OpenedWal[] = [];
  let kafka: RunningKafka;
  beforeAll(async () => {
    await installKafka();
    kafka = await startKafka({ directory: server.path, brokers: 1 });
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(async () => {
    for (const { wal } of opened) await wal.close();
    await kafka.stop();
    for (const one of scratch) one.remove();
  });

  async function open(at: string): Promise<OpenedWal> {
    const settings = { brokers: kafka.brokers, topic: TOPIC, partitionCount: 1 };
    const one = await openRemote(await openKafkaFrameLog(settings), at, DOUBT_MS);
    opened.push(one);
    return one;
  }

  /** Cuts the end off the file, as a disk does that lied about a sync; the broker drops the batch that is torn. */
  async function lose(bytes: number): Promise<void> {
    const [node] = kafka.nodes;
    await node?.kill();
    const file = join(server.path, 'node-1', `${TOPIC}-0`, '00000000000000000000.log');
    truncateSync(file, statSync(file).size - bytes);
    await node?.restart();
  }

  it('halts, and names the positions that are lost to holder, follower and who opens it', async () => {
    const [writer, follower] = [await open(copy.path), await open(followed.path)];
    const book = new LogBook();
    const lease = await writer.wal.acquire(0);
    for (let count = 0; count < ENTRIES; count += 1) await writer.wal.append(lease, [book.next(executionIn(0, count))]);
    await until(async () => (await follower.wal.tail(0)) === ENTRIES);
    await lose(1_500);
    // until the broker answers again nothing is known
    await until(async () => {
      const lease = await writer.wal.acquire(0).catch(() => null);
      if (lease !== null) await writer.wal.append(lease, [book.next(executionIn(0, 99))]).catch(() => undefined);
      return writer.halted.length > 0;
    });
    const named = /^the log ends at \d+ and lost what was copied up to 21: positions (\d+) to 20 of epoch 1$/;
    expect(writer.halted).toEqual([[0, expect.stringMatching(named)]]);
    await expect(writer.wal.acquire(0)).rejects.toBeInstanceOf(LogCorrupt);
    const first = Number(named.exec(writer.halted[0]?.[1] ?? '')?.[1]);
    expect(first).toBeGreaterThan(1);
    expect(first).toBeLessThan(ENTRIES);
    await until(() => follower.halted.length > 0);
    expect(follower.halted[0]?.[1]).toContain(`positions ${first} to 20 of epoch 1`);
    await writer.wal.close();
    const again = await open(copy.path);
    expect(again.halted[0]?.[1]).toContain(`positions ${first} to 20 of epoch 1`);
  });
});
