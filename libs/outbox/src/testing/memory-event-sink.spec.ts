import { describeEventSink, SINK_EVENT_BYTES_MAX } from './describe-event-sink.js';
import { MemoryEventSink } from './memory-event-sink.js';

let sink: MemoryEventSink;

describeEventSink('memory', {
  start: async () => undefined,
  bench: async () => {
    sink = new MemoryEventSink(SINK_EVENT_BYTES_MAX);
    return { open: () => sink, arrived: async () => sink.arrived, notices: async () => sink.notices };
  },
  kill: async () => {
    sink.isDown = true;
  },
  restart: async () => {
    sink.isDown = false;
  },
  stop: async () => undefined,
});
