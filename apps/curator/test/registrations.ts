import { CapabilityDefinition, type ParticipantRegistration } from '@intendant/intent-model';

export const definitionOf = (name: string, more: Record<string, unknown> = {}): CapabilityDefinition =>
  CapabilityDefinition.parse({
    name,
    version: '1.0.0',
    realm: name.slice(0, name.indexOf('.')),
    intents: [name],
    inputContract: { type: 'object', properties: { fileId: { type: 'string' } }, required: ['fileId'] },
    outputContract: { type: 'object', required: ['artifacts'] },
    determinism: 'deterministic',
    sideEffects: 'none',
    ...more,
  });

export function registrationOf(
  service: string,
  capabilities: CapabilityDefinition[],
  more: Partial<ParticipantRegistration> = {},
): ParticipantRegistration {
  return {
    service,
    instanceId: `${service}-1`,
    address: { transport: 'tcp', host: '127.0.0.1', port: 4001 },
    supportedIntents: [...new Set(capabilities.flatMap((capability) => capability.intents))],
    capabilities,
    ...more,
  };
}
