export { patienceMsOf } from './delivery-of.js';
export { LogWriter, movingFailure, type RemoteAppends } from './log-writer.js';
export type {
  ChildExecutions,
  Delivery,
  DeliveryOutcome,
  Dispatcher,
  JournalReport,
  ReportOutcome,
  SignalOutcome,
  SupervisorEvents,
  UndoLookup,
} from './ports.js';
export { pulseOf } from './pulse.js';
export { Supervisor } from './supervisor.js';
export type { AcceptOutcome, SupervisorOptions } from './supervisor-options.js';
export { Timers } from './timers.js';
