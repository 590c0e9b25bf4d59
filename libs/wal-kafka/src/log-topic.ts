import { UnfitLog } from '@intendant/wal';
import kafkajs, { type Admin } from 'kafkajs';
import { problemsOf, settingsFor, type TopicDemands, type TopicState } from './topic-settings.js';

const MOST_REPLICAS = 3;
const VISIBLE_CHECK_EVERY_MS = 50;

const isUnknownTopic = (error: unknown): boolean => (error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION';

/** The topic as it is, or null when there is none of this name. */
export async function readTopic(admin: Admin, topic: string): Promise<TopicState | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions ?? [];
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic };
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    const entries = resources[0]?.configEntries ?? [];
    return {
      partitions: partitions.length,
      replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      settings: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
    };
  } catch (error) {
    if (isUnknownTopic(error)) return null;
    throw error;
  }
}

export interface TopicWanted {
  readonly topic: string;
  readonly demands: TopicDemands;
  readonly replicationFactor: number | undefined;
  /** How long a new topic may take until every broker knows it. */
  readonly timeoutMs: number;
}

/** The topic, made when it is missing. Throws `UnfitLog` for one that is too weak, and instead of making such a one. */
export async function openTopic(admin: Admin, wanted: TopicWanted): Promise<TopicState> {
  const state = (await readTopic(admin, wanted.topic)) ?? (await createTopic(admin, wanted));
  const problems = problemsOf(state, wanted.demands);
  if (problems.length > 0) throw new UnfitLog(problems);
  return state;
}

async function createTopic(admin: Admin, { topic, demands, timeoutMs, ...wanted }: TopicWanted): Promise<TopicState> {
  const { brokers } = await admin.describeCluster();
  const replicationFactor = wanted.replicationFactor ?? Math.min(MOST_REPLICAS, brokers.length);
  const settings = settingsFor(demands);
  const numPartitions = demands.partitionCount + 1;
  const problems = problemsOf({ partitions: numPartitions, replicationFactor, settings }, demands);
  if (problems.length > 0) throw new UnfitLog(problems);
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor, configEntries }] });
  const until = performance.now() + timeoutMs;
  for (;;) {
    const state = await readTopic(admin, topic);
    if (state !== null) return state;
    if (performance.now() > until)
      throw new Error(`the topic ${topic} was made, but is not known after ${timeoutMs} ms`);
    await new Promise((resolve) => void setTimeout(resolve, VISIBLE_CHECK_EVERY_MS));
  }
}
