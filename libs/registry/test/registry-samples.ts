import {
  CapabilityDefinition,
  type LiveInstance,
  type RegisteredCapability,
  type RegistrySnapshot,
} from '@intendant/intent-model';
import { registeredCapability } from '../src/capability-identity.js';

/** Samples for the other specs of this library. */
export const sampleDefinition = (more: Partial<CapabilityDefinition> = {}): CapabilityDefinition =>
  CapabilityDefinition.parse({
    name: 'content.parse',
    version: '1.0.0',
    realm: 'content',
    intents: ['content.parse'],
    inputContract: { type: 'object', properties: { fileId: { type: 'string' } }, required: ['fileId'] },
    outputContract: { type: 'object', required: ['artifacts'] },
    determinism: 'deterministic',
    sideEffects: 'none',
    ...more,
  });

export const sampleCapability = (more: Partial<CapabilityDefinition> = {}, service = 'content'): RegisteredCapability =>
  registeredCapability(sampleDefinition(more), service);

export const sampleInstance = (service: string, serves: string[], more: Partial<LiveInstance> = {}): LiveInstance => ({
  service,
  instanceId: `${service}-1`,
  address: { transport: 'tcp', host: '127.0.0.1', port: 4000 },
  serves,
  draining: false,
  ...more,
});

export const sampleSnapshot = (more: Partial<RegistrySnapshot>): RegistrySnapshot => ({
  revision: 7,
  capabilities: [],
  instances: [],
  ...more,
});
