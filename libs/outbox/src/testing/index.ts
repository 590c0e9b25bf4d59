export {
  describeEventSink,
  type EventSinkBench,
  type EventSinkSuite,
  SINK_EVENT_BYTES_MAX,
} from './describe-event-sink.js';
export { MemoryEventSink } from './memory-event-sink.js';
export { MemoryLedger } from './memory-ledger.js';
export { OutboxLog } from './outbox-log.js';
export { eventually } from './eventually.js';
