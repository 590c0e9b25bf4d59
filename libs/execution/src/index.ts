export {
  type AcceptCommand,
  decide,
  type ExecutionCommand,
  MAIN_STEP,
  NotAcceptable,
  type StepFailedCommand,
  type StepSucceededCommand,
  stepKey,
} from './decide.js';
export { type Effect, effects } from './effects.js';
export { evolve, IllegalRecord } from './evolve.js';
export {
  type ExecutionState,
  type ExecutionStatus,
  isSettled,
  noExecution,
  type RecordedArtifact,
  type StepState,
} from './state.js';
