import { type CapabilityInput, contentRefSchema, countSchema, objectSchema } from '@intendant/participant';
import { LOCATIONS, MIGRATION_STATUSES } from '../domain/tracking.js';
import { policyIdSchema, policyIdsSchema, stepCapability as step, stepResult, waveIdSchema } from './contracts.js';
import { POLICY_IDS_MAX } from './saga-payloads.js';

const placeSchema = objectSchema({
  policyId: policyIdSchema,
  location: { enum: [...LOCATIONS] },
  migrationStatus: { enum: [...MIGRATION_STATUSES] },
  waveId: { anyOf: [waveIdSchema, { type: 'null' }] },
});

/** What is no step of a saga. */
export const otherCapabilities: readonly CapabilityInput[] = [
  {
    ...step(
      'load_legacy_policies',
      'Fills the legacy system from a file of JSON lines.',
      300,
      objectSchema({ contentRef: contentRefSchema }),
      stepResult(
        'load',
        'legacy_load',
        objectSchema({ policyCount: countSchema, loaded: countSchema }),
        'insurance.legacy_policies_loaded',
      ),
    ),
    dataReferences: ['/contentRef'],
  },
  {
    ...step(
      'locate_policies',
      'Tells where policies are and how far their migration has come.',
      30,
      objectSchema({ policyIds: policyIdsSchema(POLICY_IDS_MAX) }),
      stepResult(
        'places',
        'policy_places',
        objectSchema({ policies: { type: 'array', items: placeSchema, maxItems: POLICY_IDS_MAX } }),
        'insurance.policies_located',
      ),
    ),
    sideEffects: 'none',
  },
];
