import { openKafkaFrameLog } from '@intendant/wal-kafka';
import {
  hasKafka,
  KAFKA_START_TIMEOUT_MS,
  type KafkaNode,
  type RunningKafka,
  startOwnKafka,
  TopicOnServers,
  withoutKafka,
} from '@intendant/wal-kafka/testing';
import { assertEachOnce } from '@intendant/wal-remote/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshName, openRemote, scratchDirectory } from './open-remote.js';
import { SteadyWriter } from './steady-writer.js';
import { until } from './until.js';

const LEADERS_KILLED = 3;
const ENTRIES_BETWEEN = 100;

(hasKafka ? describe : describe.skip)(`three brokers fail one at a time under appends${withoutKafka}`, () => {
  let kafka: RunningKafka;
  beforeAll(async () => {
    kafka = await startOwnKafka({ brokers: 3 });
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(() => kafka.stop());

  /** Writes all the while that `fail` goes on and some more; nothing that was acknowledged may be missing afterwards. */
  async function writeThrough(what: string, fail: (topic: TopicOnServers, writer: SteadyWriter) => Promise<void>) {
    const [topic, copy, judged] = [freshName(), scratchDirectory(), scratchDirectory()];
    const open = () => openKafkaFrameLog({ brokers: kafka.brokers, topic, partitionCount: 1, minInsyncReplicas: 2 });
    const { wal, lost, halted } = await openRemote(await open(), copy.path);
    const writer = new SteadyWriter(wal, 0);
    try {
      await more(writer);
      await fail(new TopicOnServers(kafka.brokers, topic), writer);
      await more(writer);
      await writer.stop();
      expect(halted).toEqual([]);
      expect(lost).toHaveLength(writer.rejections.length);
      const judge = await openRemote(await open(), judged.path);
      const entriesInLog = await assertEachOnce(judge.wal, 0, writer.acknowledged);
      await judge.wal.close();
      const { acquisitions, rejections, longestPauseMs } = writer;
      const counts = { acknowledged: writer.acknowledged.size, entriesInLog, acquisitions };
      console.info(JSON.stringify({ what, ...counts, pauseMs: Math.round(longestPauseMs), rejections }));
    } finally {
      await writer.stop();
      await wal.close();
      copy.remove();
      judged.remove();
    }
  }
  const more = async ({ acknowledged }: SteadyWriter): Promise<void> => {
    const reached = acknowledged.size + ENTRIES_BETWEEN;
    await until(() => acknowledged.size >= reached);
  };
  const allInSync = (topic: TopicOnServers) => until(() => topic.isInSync(0, 3));

  it('loses nothing when each of them is restarted in turn', async () => {
    await writeThrough('rolling restart', async (topic, writer) => {
      for (const node of kafka.nodes) {
        await node.stop();
        await more(writer);
        await node.restart();
        await allInSync(topic);
      }
    });
  });

  it('loses nothing when the leader is killed, again and again', async () => {
    await writeThrough('leader killed', async (topic, writer) => {
      for (let kills = 0; kills < LEADERS_KILLED; kills += 1) {
        const leader = kafka.nodes[((await topic.leaderOf(0)) as number) - 1] as KafkaNode;
        await leader.kill();
        await more(writer);
        await leader.restart();
        await allInSync(topic);
      }
    });
  });
});
