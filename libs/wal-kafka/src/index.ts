export { batchBytes } from './gathering-producer.js';
export { KafkaFrameLog } from './kafka-frame-log.js';
export { openKafkaFrameLog } from './open-kafka-frame-log.js';
export type { KafkaFrameLogOptions, KafkaPassword } from './options.js';
