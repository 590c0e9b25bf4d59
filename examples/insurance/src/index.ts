export { insuranceCapabilities } from './capabilities/index.js';
export type { LegacyPolicy } from './domain/legacy-policy.js';
export type { EffectCount, Inspection } from './inspection.js';
export { InsuranceParticipant } from './insurance.participant.js';
export { type OpenInsurance, openInsurance } from './open-insurance.js';
export { AllSystems } from './systems/all-systems.js';
