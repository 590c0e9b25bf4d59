export { ManualTime } from '@intendant/kernel/testing';
export { TestAuthority } from '@intendant/nest-kit/testing';
export { describeParticipantProtocol } from './describe-participant-protocol.js';
export { startMemoryDataPlane } from './memory-data-plane.js';
export type { HarnessFactory, ProtocolHarness, ProtocolTransport } from './protocol-port.js';
export {
  gate,
  PROBE_CAPABILITY,
  PROBE_INTENT,
  resultOf,
  ScriptedParticipant,
  sampleCall,
} from './scripted-participant.js';
export { tlsEnvironment } from './tls-environment.js';
