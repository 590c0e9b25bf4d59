import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { KafkaFrameLog } from './kafka-frame-log.js';
import { openKafkaFrameLog } from './open-kafka-frame-log.js';
import { BrokerProxy } from './testing/broker-proxy.js';
import { hasKafka, KAFKA_START_TIMEOUT_MS, startOwnKafka, withoutKafka } from './testing/kafka-for-tests.js';
import { scratchTopic } from './testing/scratch-topic.js';
import type { RunningKafka } from './testing/start-kafka.js';
import { entryFrame, positionsIn, readAll } from './testing/test-writer.js';
import { until } from './testing/until.js';

(hasKafka ? describe : describe.skip)(`an append whose answer is lost${withoutKafka}`, () => {
  let proxy: BrokerProxy;
  let kafka: RunningKafka;
  let log: KafkaFrameLog;

  beforeAll(async () => {
    proxy = await BrokerProxy.listen();
    const settings = { 'advertised.listeners': `BROKER://127.0.0.1:${proxy.port}` };
    kafka = await startOwnKafka({ brokers: 1, settings });
    proxy.passTo(kafka.nodes[0]?.port as number);
    const brokers = [`127.0.0.1:${proxy.port}`];
    log = await openKafkaFrameLog({ brokers, topic: scratchTopic(), partitionCount: 3, operationTimeoutMs: 8_000 });
  }, KAFKA_START_TIMEOUT_MS);
  afterEach(() => {
    proxy.losesProduceAnswers = false;
  });
  afterAll(async () => {
    await log.close();
    await kafka.stop();
    await proxy.close();
  });

  it('is rejected, closes the claim, and hides nothing that is appended behind the next claim', async () => {
    const first = await log.claim(0, 0, 'a');
    const claim = { epoch: first.epoch, nonce: 'a' };
    const before = await log.append(0, claim, [entryFrame(1, 1)], first.cursor);
    proxy.losesProduceAnswers = true;
    await expect(log.append(0, claim, [entryFrame(1, 2)], before.cursors[0] as string)).rejects.toThrow('took longer');
    expect(proxy.lostAnswers).toBeGreaterThan(1);
    proxy.losesProduceAnswers = false;
    const closed = log.append(0, claim, [entryFrame(1, 3)], before.cursors[0] as string);
    await expect(closed).rejects.toThrow(expect.objectContaining({ name: 'NotSent' }));

    const second = await log.claim(0, first.epoch, 'b');
    const behind = await log.append(0, { epoch: 2, nonce: 'b' }, [entryFrame(2, 3)], second.cursor);
    expect(behind.adjoins).toBe(true);
    const held = await readAll(log, 0);
    expect(held.map(({ frame }) => frame.kind)).toEqual(['claim', 'entry', 'entry', 'claim', 'entry']);
    expect(positionsIn(held)).toEqual([1, 2, 3]);
    expect(await log.at(0, behind.cursors[0] as string)).toEqual(held.at(-1));
  });

  it('is sent again, and is there once, when the next answer comes through', async () => {
    const { epoch, cursor } = await log.claim(1, 0, 'a');
    const lostBefore = proxy.lostAnswers;
    proxy.losesProduceAnswers = true;
    const appending = log.append(1, { epoch, nonce: 'a' }, [entryFrame(epoch, 1)], cursor);
    await until(() => proxy.lostAnswers > lostBefore);
    proxy.losesProduceAnswers = false;
    expect((await appending).adjoins).toBe(true);
    expect(positionsIn(await readAll(log, 1))).toEqual([1]);
  });

  it('leaves a claim in doubt too, and another one can be made', async () => {
    proxy.losesProduceAnswers = true;
    await expect(log.claim(2, 0, 'a')).rejects.toThrow('took longer');
    proxy.losesProduceAnswers = false;
    const { epoch } = await log.claim(2, 1, 'b');
    expect((await readAll(log, 2)).map(({ frame }) => frame)).toEqual([
      { kind: 'claim', epoch: 1, nonce: 'a' },
      { kind: 'claim', epoch, nonce: 'b' },
    ]);
  });
});
