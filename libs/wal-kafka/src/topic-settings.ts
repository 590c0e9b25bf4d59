/** What is to be kept of a log's topic. */
export interface TopicDemands {
  /** Partitions of the log; the one behind them holds its identity, and those behind that one nothing. */
  readonly partitionCount: number;
  readonly minInsyncReplicas: number;
}

export interface TopicState {
  /** All of Kafka's partitions. */
  readonly partitions: number;
  /** Of the partition that has the fewest. */
  readonly replicationFactor: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** Room for large entries; a broker's own bound is about 1 MB. */
const MAX_MESSAGE_BYTES = 8 * 1_024 * 1_024;

/** Nothing may be dropped or lost; whoever keeps everything can do without compaction, which would drop frames. */
const KEEP_EVERYTHING = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'unclean.leader.election.enable': 'false',
} as const;

/** Settings of a topic that is made. */
export const settingsFor = ({ minInsyncReplicas }: TopicDemands): Readonly<Record<string, string>> => ({
  ...KEEP_EVERYTHING,
  'min.insync.replicas': String(minInsyncReplicas),
  'max.message.bytes': String(MAX_MESSAGE_BYTES),
  // a writer whose clock is wrong would be refused
  'message.timestamp.type': 'LogAppendTime',
  ...(minInsyncReplicas === 1 ? { 'flush.messages': '1' } : {}),
});

/** One sentence for each setting that is too weak, with what it must be and what it is. */
export function problemsOf(state: TopicState, demands: TopicDemands): readonly string[] {
  const { settings, replicationFactor } = state;
  const problems: string[] = [];
  const demand = (holds: boolean, what: string, expected: string | number, actual: string | number | undefined) => {
    if (!holds) problems.push(`${what} must be ${expected}, but is ${actual}`);
  };
  // nobody can take away those that somebody added
  if (state.partitions <= demands.partitionCount) problems.push(unlikePartitions(state, demands));
  for (const [name, expected] of Object.entries(KEEP_EVERYTHING))
    demand(settings[name] === expected, name, expected, settings[name]);
  const { minInsyncReplicas: wanted } = demands;
  const insync = Number(settings['min.insync.replicas']);
  demand(insync >= wanted, 'min.insync.replicas', `at least ${wanted}`, settings['min.insync.replicas']);
  // with as many replicas as must have an append, the loss of any broker would stop all writing; one alone has no choice
  const replicas = Math.max(wanted, insync);
  const enough = replicationFactor > replicas || (replicationFactor === 1 && replicas === 1);
  const most = insync > wanted ? `above min.insync.replicas (${insync})` : `above ${replicas}`;
  demand(enough, 'the replication factor', most, replicationFactor);
  const bytes = Number(settings['max.message.bytes']);
  demand(
    bytes >= MAX_MESSAGE_BYTES,
    'max.message.bytes',
    `at least ${MAX_MESSAGE_BYTES}`,
    settings['max.message.bytes'],
  );
  // what only one broker has, no other can bring back when that one's memory is lost
  const alone = insync === 1;
  demand(!alone || settings['flush.messages'] === '1', 'flush.messages', 1, settings['flush.messages']);
  return problems;
}

/** The sentence for a topic that holds no log of so many partitions. */
export const unlikePartitions = ({ partitions }: Pick<TopicState, 'partitions'>, { partitionCount }: TopicDemands) =>
  `the number of log partitions must be ${partitionCount}, but is ${partitions - 1}`;

/** What an acknowledged append has gone through, and whether it survives a power cut of every broker. */
export function durabilityOf({ settings, replicationFactor }: TopicState): { durability: string; synced: boolean } {
  const synced = settings['flush.messages'] === '1';
  const brokers =
    replicationFactor === 1
      ? 'by one broker'
      : `by at least ${settings['min.insync.replicas']} of ${replicationFactor} brokers`;
  const durability = synced
    ? `written and synced to disk ${brokers} before it is acknowledged`
    : `replicated ${brokers} before it is acknowledged, in memory, not synced to disk`;
  return { durability, synced };
}
