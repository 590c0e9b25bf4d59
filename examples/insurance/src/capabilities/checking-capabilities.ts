import { type CapabilityInput, countSchema, objectSchema, textSchema } from '@intendant/participant';
import { LOCATIONS, WAVE_STATUSES } from '../domain/tracking.js';
import {
  policyIdsSchema,
  setIdSchema,
  shareSchema,
  stepCapability as step,
  stepResult,
  waveIdSchema,
} from './contracts.js';
import { POLICY_IDS_MAX } from './saga-payloads.js';

const versionSchema = { const: '1.0.0' };
const wave = objectSchema({ waveId: waveIdSchema });
const set = objectSchema({ setId: setIdSchema });
const counted = objectSchema({ policyCount: countSchema });

/** Steps of the mapping of named policies. */
export const mappingCapabilities: readonly CapabilityInput[] = [
  step(
    'extract_policy_data',
    'Reads named policies out of the legacy system.',
    300,
    objectSchema({ policyIds: policyIdsSchema(POLICY_IDS_MAX) }),
    stepResult('extraction', 'policy_extraction', counted, 'insurance.policies_extracted'),
  ),
  step(
    'validate_schema',
    'Refuses policies with columns that cannot be mapped.',
    120,
    set,
    stepResult('validation', 'schema_validation', counted, 'insurance.schema_validated'),
  ),
  step(
    'store_canonical_policy',
    'Keeps canonical policies and renders them one a line.',
    60,
    set,
    stepResult(
      'canonical',
      'canonical_policies',
      objectSchema({ schemaVersion: versionSchema, policyCount: countSchema, digest: textSchema(64) }),
      'insurance.canonical_policies_stored',
      1,
    ),
  ),
];

/** Steps of the validation of a wave. */
export const validationCapabilities: readonly CapabilityInput[] = [
  step(
    'validate_data_quality',
    'Holds what a wave moved against the least score that is wanted.',
    600,
    objectSchema({ waveId: waveIdSchema, minScore: shareSchema }, ['minScore']),
    stepResult(
      'quality',
      'quality_validation',
      objectSchema({
        policyCount: countSchema,
        minScore: shareSchema,
        /** Null when the wave moved nothing. */
        lowestScore: { anyOf: [shareSchema, { type: 'null' }] },
      }),
      'insurance.quality_validated',
    ),
  ),
  step(
    'reconcile_systems',
    'Holds legacy system and new system against each other.',
    1_800,
    wave,
    stepResult(
      'reconciliation',
      'reconciliation',
      objectSchema({ policyCount: countSchema, premiumCents: { type: 'integer' } }),
      'insurance.systems_reconciled',
    ),
  ),
  step(
    'generate_audit_report',
    'Writes a line per policy of a wave for an auditor.',
    300,
    wave,
    stepResult(
      'audit',
      'audit_report',
      objectSchema({
        waveNumber: countSchema,
        waveStatus: { enum: [...WAVE_STATUSES] },
        policyCount: countSchema,
        locations: objectSchema(Object.fromEntries(LOCATIONS.map((name) => [name, countSchema])), LOCATIONS),
      }),
      'insurance.audit_reported',
      1,
    ),
  ),
];
