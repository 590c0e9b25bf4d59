export { type FullReplay, findingsOf, type RunAgain, replayFully } from './full-replay.js';
export { type EventsReplay, type ReplayMode, replayEvents, replayState, type StateReplay } from './replay.js';
export { replayCallOf } from './replay-call.js';
export { type Rerun, rerunsOf } from './reruns.js';
export { unreadable, type ValidationCheck, type ValidationReport, validateExecution } from './validate.js';
