export { CloudEvent, cloudEventsOf } from './cloud-event.js';
export { type EventSink, SinkUnavailable } from './event-sink.js';
export { KafkaEventSink, type KafkaEventSinkOptions } from './kafka/kafka-event-sink.js';
export { OutboxLoop, type OutboxLoopOptions, type WatchedLog } from './outbox-loop.js';
export { OUTBOX_NOT_STARTED, type OutboxReport } from './outbox-report.js';
export { PostgresLedger } from './postgres/postgres-ledger.js';
export { type DeadLetterRow, PostgresOutbox } from './postgres/postgres-outbox.js';
export { RedisEventSink, type RedisEventSinkOptions } from './redis/redis-event-sink.js';
