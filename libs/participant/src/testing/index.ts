export { describeParticipantProtocol } from './describe-participant-protocol.js';
export { ManualTime } from './manual-time.js';
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
export { TestAuthority, tlsEnvironment } from './test-authority.js';
