import type { CapabilityDefinition, RegisteredCapability } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';

/** `{name}@{version}`: how an instance says what it serves, and how an execution pins what it was resolved to. */
export const capabilityKey = (capability: { readonly name: string; readonly version: string }): string =>
  `${capability.name}@${capability.version}`;

/** The capability as it is stored: with its owner and the digest over its canonical definition, the owner not included. */
export const registeredCapability = (definition: CapabilityDefinition, service: string): RegisteredCapability => ({
  ...definition,
  service,
  digest: digestOf(definition),
});

/** The capability as its service wrote it. */
export const definitionOf = ({
  service: _service,
  digest: _digest,
  ...definition
}: RegisteredCapability): CapabilityDefinition => definition;
