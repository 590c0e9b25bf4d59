export { NotAcceptable } from './accept.js';
export { awaitsApproval, startApprovalOf } from './approval.js';
export { waitsForChildrenOnly } from './children.js';
export type {
  AcceptCommand,
  ChildSettledCommand,
  ChildStuckCommand,
  ExecutionCommand,
  JournalBatch,
  SignalCommand,
  SignalType,
  StepFailedCommand,
  StepSucceededCommand,
} from './commands.js';
export { judgeTransition, type TransitionVerdict } from './conductor.js';
export { decide } from './decide.js';
export { type DurableState, noJournal, type OpenChild } from './durable-state.js';
export { type Effect, effects } from './effects.js';
export { evolve, evolveAll } from './evolve.js';
export { VERSION_OF_CHILD } from './fold-durable.js';
export { IllegalRecord } from './illegal-record.js';
export { type DeterminismViolation, heldIn, reportedEntries, violationIn } from './journal.js';
export { judgeSignal, type SignalRefusal } from './judge-signal.js';
export { INLINE_CHARS_MAX, type MovedPayload, withoutLargePayloads } from './large-payloads.js';
export { ledgerOf } from './ledger-of.js';
export { openWaits } from './open-waits.js';
export { type CallTerms, callTermsOf, inputDigestOf, isInputOf, MAIN_STEP, planOf, stepKey } from './plan-of.js';
export { mergedOverride } from './signals.js';
export {
  type ExecutionState,
  type ExecutionStatus,
  isSettled,
  isTerminal,
  noExecution,
  type RecordedArtifact,
  type RegisteredCompensation,
  type StepState,
} from './state.js';
export { stateDigestOf } from './state-digest.js';
export { awaitsService, NOT_DELIVERED } from './undelivered.js';
