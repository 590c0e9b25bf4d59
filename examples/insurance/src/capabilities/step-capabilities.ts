import { type CapabilityInput, contentRefSchema, countSchema, objectSchema, textSchema } from '@intendant/participant';
import { ROUTES } from '../domain/routing-rules.js';
import { SLICES_PER_BATCH } from '../domain/slices.js';
import { LOCATIONS, MIGRATION_STATUSES, WAVE_STATUSES } from '../domain/tracking.js';
import {
  policyIdSchema,
  policyIdsSchema,
  setIdSchema,
  shareSchema,
  slicesSchema,
  stepCapability as step,
  stepResult,
  waveIdSchema,
} from './contracts.js';
import { POLICY_IDS_MAX, waveSchema } from './saga-payloads.js';

const versionSchema = { const: '1.0.0' };
const wave = objectSchema({ waveId: waveIdSchema });
const set = objectSchema({ setId: setIdSchema });
const counted = objectSchema({ policyCount: countSchema });
const stateOf = (names: readonly string[]) => ({ enum: [...names] });

/** Steps of the wave migration. */
const MIGRATION: readonly CapabilityInput[] = [
  step(
    'ingest_legacy_data',
    'Takes the next policies of the legacy system up into a wave.',
    3_600,
    waveSchema,
    stepResult(
      'wave',
      'wave',
      objectSchema({ waveNumber: countSchema, size: countSchema, policyCount: countSchema }),
      'insurance.wave_planned',
    ),
  ),
  step(
    'map_to_canonical',
    'Maps ingested policies to the canonical policy.',
    1_800,
    set,
    stepResult(
      'mapping',
      'canonical_mapping',
      objectSchema({ schemaVersion: versionSchema, policyCount: countSchema, lowestConfidence: shareSchema }),
      'insurance.policies_mapped',
    ),
  ),
  step(
    'evaluate_routing',
    'Decides where every policy of a wave goes and holds what moves against the gates.',
    600,
    wave,
    stepResult(
      'routing',
      'wave_routing',
      objectSchema({
        routes: objectSchema(Object.fromEntries(ROUTES.map((route) => [route, countSchema]))),
        gatesPassed: { type: 'array', items: textSchema(64), maxItems: 8 },
        slices: slicesSchema(1_000),
      }),
      'insurance.wave_scheduled',
    ),
  ),
  step(
    'execute_wave',
    'Carries out one batch of a wave in legacy system, new system and tracker at once.',
    7_200,
    objectSchema({ waveId: waveIdSchema, batch: countSchema, slices: slicesSchema(SLICES_PER_BATCH) }),
    stepResult(
      'batch',
      'wave_batch',
      objectSchema({ batch: countSchema, policyCount: countSchema }),
      'insurance.batch_executed',
    ),
  ),
  step(
    'validate_migration',
    'Holds every policy of a wave against its route and closes the wave.',
    1_800,
    wave,
    stepResult(
      'validation',
      'migration_validation',
      objectSchema({ policyCount: countSchema, misplaced: { const: 0 } }),
      'insurance.wave_completed',
    ),
  ),
];

/** Steps of the mapping of named policies. */
const MAPPING: readonly CapabilityInput[] = [
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
const VALIDATION: readonly CapabilityInput[] = [
  step(
    'validate_data_quality',
    'Holds what a wave moved against the least score that is wanted.',
    600,
    objectSchema({ waveId: waveIdSchema, minScore: shareSchema }, ['minScore']),
    stepResult(
      'quality',
      'quality_validation',
      objectSchema({ policyCount: countSchema, minScore: shareSchema, lowestScore: shareSchema }),
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
      objectSchema({ policyCount: countSchema, premiumCents: countSchema }),
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
        waveStatus: stateOf(WAVE_STATUSES),
        policyCount: countSchema,
        locations: objectSchema(Object.fromEntries(LOCATIONS.map((name) => [name, countSchema])), LOCATIONS),
      }),
      'insurance.audit_reported',
      1,
    ),
  ),
];

const placeSchema = objectSchema({
  policyId: policyIdSchema,
  location: stateOf(LOCATIONS),
  migrationStatus: stateOf(MIGRATION_STATUSES),
  waveId: { anyOf: [waveIdSchema, { type: 'null' }] },
});

/** What is no step of a saga. */
const AROUND: readonly CapabilityInput[] = [
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

export const stepCapabilities: readonly CapabilityInput[] = [...MIGRATION, ...MAPPING, ...VALIDATION, ...AROUND];
