export {
  hasKafka,
  hasKafkaForTests,
  KAFKA_START_TIMEOUT_MS,
  kafkaForTests,
  startOwnKafka,
  withoutKafka,
} from './kafka-for-tests.js';
export { installKafka, kafkaInstalled } from './kafka-installation.js';
export type { KafkaNode } from './kafka-node.js';
export { type RunningKafka, type StartKafkaOptions, startKafka } from './start-kafka.js';
export { TopicOnServers } from './topic-on-servers.js';
