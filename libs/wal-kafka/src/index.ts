export { KafkaFrameLog } from './kafka-frame-log.js';
export { openKafkaFrameLog } from './open-kafka-frame-log.js';
export type { KafkaFrameLogOptions, KafkaPassword } from './options.js';
export { batchBytes } from './partition-producer.js';
