export { type EventsReplay, type ReplayMode, replayEvents, replayState, type StateReplay } from './replay.js';
export { unreadable, type ValidationCheck, type ValidationReport, validateExecution } from './validate.js';
