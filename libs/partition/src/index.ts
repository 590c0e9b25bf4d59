export { LogWriter } from './log-writer.js';
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
export { type AcceptOutcome, Supervisor, type SupervisorOptions } from './supervisor.js';
export { Timers } from './timers.js';
