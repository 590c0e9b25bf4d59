import { LogClosed, LogCorrupt, Trimmed } from '@intendant/wal';
import type { Kafka } from 'kafkajs';
import { type Fitness, FitnessWatch } from './fitness-watch.js';
import { kafkaClient, REQUEST_TIMEOUT_MS, withAdmin } from './kafka-client.js';
import { KafkaFrameLog } from './kafka-frame-log.js';
import { ensureLogId, logIdAmongMore, readLogId } from './log-identity.js';
import { LogReader } from './log-reader.js';
import { openTopic, readTopic } from './log-topic.js';
import type { KafkaFrameLogOptions } from './options.js';
import { durabilityOf, problemsOf, type TopicDemands } from './topic-settings.js';

const OPERATION_TIMEOUT_MS = 12_000;
const WATCH_INTERVAL_MS = 5_000;

/**
 * Opens the log, and makes its topic when there is none. Throws `UnfitLog` with every setting that is too weak, and
 * `LogCorrupt` for a topic with frames that is no log of this kind.
 */
export async function openKafkaFrameLog(options: KafkaFrameLogOptions): Promise<KafkaFrameLog> {
  const { topic, partitionCount } = options;
  const timeoutMs = options.operationTimeoutMs ?? OPERATION_TIMEOUT_MS;
  const demands: TopicDemands = { partitionCount, minInsyncReplicas: options.minInsyncReplicas ?? 1 };
  const kafka = kafkaClient(options);
  const { replicationFactor } = options;
  const state = await withAdmin(kafka, (admin) => openTopic(admin, { topic, demands, replicationFactor, timeoutMs }));
  const sending = {
    topic,
    timeoutMs,
    replicationTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    maxBatchBytes: Number(state.settings['max.message.bytes']),
  };
  const reader = new LogReader(kafka, topic, timeoutMs);
  try {
    const hasMore = state.partitions > partitionCount + 1;
    const logId = hasMore
      ? await logIdAmongMore(reader, state, demands)
      : await ensureLogId(kafka, reader, partitionCount, sending);
    const { durability, synced } = durabilityOf(state);
    const description = { backend: 'kafka', durability, survivesPowerLoss: synced, partitionCount } as const;
    const ask = () => fitnessNow(kafka, topic, demands, reader, logId);
    const watch = new FitnessWatch(ask, options.watchIntervalMs ?? WATCH_INTERVAL_MS);
    const guarded = { ...sending, refusal: () => watch.refusal };
    return new KafkaFrameLog({ kafka, brokers: options.brokers, logId, description, reader, watch, sending: guarded });
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function fitnessNow(
  kafka: Kafka,
  topic: string,
  demands: TopicDemands,
  reader: LogReader,
  logId: string,
): Promise<Fitness> {
  const state = await withAdmin(kafka, (admin) => readTopic(admin, topic));
  if (state === null) return gone(`the topic ${topic} is gone`);
  const problems = problemsOf(state, demands);
  // with fewer partitions the identity has no place
  if (problems.length > 0) return { problems, refusal: null };
  // a topic that goes at this moment would be read for as long as an operation may take, and nobody would know that it is gone
  const found = await readLogId(reader, demands.partitionCount, REQUEST_TIMEOUT_MS).catch((error: Error) => {
    if (error instanceof LogCorrupt || error instanceof Trimmed) return error;
    throw error;
  });
  if (found === logId) return { problems: [], refusal: null };
  const what = found instanceof Error ? found.message : found;
  const finding = `is another log than was opened: its identity was ${logId}, now ${what}`;
  const problem = `the topic ${topic} ${finding}`;
  // one without an identity may be a broker that does not show yet what it has
  if (typeof found !== 'string') return gone(problem);
  return { problems: [problem], refusal: new LogCorrupt(`the topic ${topic}`, `it ${finding}`) };
}

const gone = (problem: string): Fitness => ({ problems: [problem], refusal: new LogClosed(problem) });
