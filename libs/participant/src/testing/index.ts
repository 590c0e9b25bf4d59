export { ManualTime } from '@intendant/kernel/testing';
export { TestAuthority } from '@intendant/nest-kit/testing';
export { PROBE_CAPABILITY, PROBE_SAGA_CAPABILITY, sampleCall } from './behaviour.js';
export { describeHandlers } from './describe-handlers.js';
export { describeParticipantProtocol } from './describe-participant-protocol.js';
export { startMemoryDataPlane } from './memory-data-plane.js';
export type { HarnessFactory, ProtocolHarness, ProtocolTransport } from './protocol-port.js';
export { gate, resultOf, ScriptedParticipant } from './scripted-participant.js';
export { tlsEnvironment } from './tls-environment.js';
