export { CallAborted } from './call-abort.js';
export { CallLedger, LEDGER_LIMITS, type LedgerLimits, type Run } from './call-ledger.js';
export { DataPlaneClient } from './data-plane-client.js';
export type { DataPlane, DataPlaneAccess } from './handler-context.js';
export { type CapabilityInput, ParticipantModule, type ParticipantOptions } from './nest/participant.module.js';
export { ParticipantEnv, runParticipant, startParticipant } from './nest/run-participant.js';
export * from './participant.js';
export { ParticipantEndpoint, type ParticipantPorts } from './participant-endpoint.js';
export { type CuratorPort, type LeaseEvents, RegistrationLease, RegistrationRefused } from './registration-lease.js';
