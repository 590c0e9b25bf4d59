export { capabilityKey, definitionOf, registeredCapability } from './capability-identity.js';
export type { Narrowing } from './compatibility/keyword-rules.js';
export { narrowings } from './compatibility/narrowing.js';
export { type ContractBreak, contractBreaks, inputBreaks, outputBreaks } from './contract-compatibility.js';
export { ContractCompiler, type ContractFault, PATTERN_CHARS_MAX, SCHEMA_CHARS_MAX } from './contract-compiler.js';
export { type Contracts, ContractValidators } from './contract-validators.js';
export { type Move, type MoveReason, movesBetween } from './ownership/ownership-moves.js';
export { answerFor, initialOwnership, type OwnershipState } from './ownership/ownership-state.js';
export {
  type OwnershipEvent,
  type OwnershipRefusal,
  ownershipRefusal,
  planOwnership,
} from './ownership/plan-ownership.js';
export {
  type CallerIdentity,
  checkRegistration,
  type RegistrationRefusal,
  type RegistrationRule,
  registrationFailure,
} from './registration-check.js';
export { type Answering, CROSS_REALM, RegistryIndex, type Resolution, resolve } from './registry-index.js';
export { undoIn } from './undo-in.js';
export { compareVersions, majorOf } from './version.js';
