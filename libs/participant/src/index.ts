export { artifactIdOf } from './artifact-id.js';
export { CallAborted } from './call-abort.js';
export { CallLedger, LEDGER_LIMITS, type LedgerLimits, type Run } from './call-ledger.js';
export * from './contract.js';
export { DataPlaneClient } from './data-plane-client.js';
export { type CapabilityInput, MalformedCapability } from './definitions-of.js';
export {
  type Approval,
  type SagaContext,
  SagaStepError,
  type StepOptions,
  type StepRun,
  type Undo,
} from './durable/saga-context.js';
export type { DataPlane, DataPlaneAccess } from './handler-context.js';
export {
  type ParticipantHttpServer,
  type ParticipantHttpServerOptions,
  startParticipantHttpServer,
} from './http/participant-http-server.js';
export {
  HttpParticipantEnv,
  type HttpParticipantOptions,
  runHttpParticipant,
  startHttpParticipant,
} from './http/start-http-participant.js';
export { ParticipantModule, type ParticipantOptions } from './nest/participant.module.js';
export { ParticipantEnv, runParticipant, startParticipant } from './nest/run-participant.js';
export * from './participant.js';
export { ParticipantEndpoint, type ParticipantPorts } from './participant-endpoint.js';
export { type CuratorPort, type LeaseEvents, RegistrationLease, RegistrationRefused } from './registration-lease.js';
