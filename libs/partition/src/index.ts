export { LogWriter } from './log-writer.js';
export type { Delivery, DeliveryOutcome, Dispatcher, SignalOutcome, SupervisorEvents } from './ports.js';
export { pulseOf } from './pulse.js';
export { type AcceptOutcome, Supervisor, type SupervisorOptions } from './supervisor.js';
export { Timers } from './timers.js';
