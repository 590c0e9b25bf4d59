import type { CapabilityInput } from '@intendant/participant';

/** A capability of realm `demo` that takes and gives any object. */
export const demoCapability = (name: string, more: Partial<CapabilityInput> = {}): CapabilityInput => ({
  name,
  version: '1.0.0',
  realm: 'demo',
  intents: [name],
  inputContract: { type: 'object' },
  outputContract: { type: 'object' },
  determinism: 'deterministic',
  sideEffects: 'idempotent',
  timeoutMs: 10_000,
  ...more,
});
