import type { CapabilityInput, RuntimeParticipant } from '@intendant/participant';
import { insuranceCapabilities } from './capabilities/index.js';
import { type Inspection, inspect } from './inspection.js';
import { InsuranceParticipant } from './insurance.participant.js';
import { AllSystems } from './systems/all-systems.js';
import type { TenantSystems } from './systems/tenant-systems.js';

/** The whole service without a process around it: what it declares, what answers, and what came of it. */
export interface OpenInsurance {
  readonly service: string;
  readonly capabilities: readonly CapabilityInput[];
  readonly participant: RuntimeParticipant;
  systemsOf(tenantId: string): TenantSystems;
  inspect(tenantId: string): Inspection;
  close(): void;
}

/** Opens, or makes, the systems in a directory. */
export function openInsurance(directory: string): OpenInsurance {
  const systems = new AllSystems(directory);
  return {
    service: 'insurance',
    capabilities: insuranceCapabilities,
    participant: new InsuranceParticipant(systems),
    systemsOf: (tenantId) => systems.of(tenantId),
    inspect: (tenantId) => inspect(systems.of(tenantId)),
    close: () => systems.close(),
  };
}
