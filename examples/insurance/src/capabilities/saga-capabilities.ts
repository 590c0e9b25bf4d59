import { type CapabilityInput, type JsonSchema, payloadContract } from '@intendant/participant';
import { SLICES_PER_BATCH } from '../domain/slices.js';
import { intentOf, REALM, sagaResult } from './contracts.js';
import { mappingSchema, validationSchema, waveSchema } from './saga-payloads.js';

type PlanSteps = NonNullable<CapabilityInput['plan']>['steps'];
type PlanStep = PlanSteps[number];

/** How long one attempt may take, and how many follow the first. */
interface Patience {
  readonly timeoutS: number;
  readonly retries: number;
}

const patience = (timeoutS: number, retries: number): Patience => ({ timeoutS, retries });

/**
 * A step and what undoes it. The undo is asked for even when the step failed: an attempt whose answer was lost may still
 * be on its way, and the undo shuts its key.
 */
const step = (
  stepId: string,
  operation: string,
  compensation: string,
  { timeoutS, retries }: Patience,
  more: Pick<PlanStep, 'dependsOn' | 'input' | 'forEach'> = {},
): PlanStep => ({
  stepId,
  intent: intentOf(operation),
  compensation: { intent: intentOf(compensation), input: { executionId: { $from: '/executionId' } } },
  compensateSelfOnFailure: true,
  timeoutMs: timeoutS * 1_000,
  retry: { attemptsMax: retries + 1 },
  ...more,
});

const idFrom = (stepId: string) => ({ $from: `/steps/${stepId}/artifacts/0/artifactId` });

const WAVE = idFrom('ingest_legacy_data');

/** Batches of one wave at work at once: the databases take one at a time, so a second one keeps them busy. */
const BATCHES_AT_ONCE = 2;

const MIGRATE_WAVE: PlanSteps = [
  step('ingest_legacy_data', 'ingest_legacy_data', 'delete_ingested_data', patience(3_600, 3)),
  step('map_to_canonical', 'map_to_canonical', 'revert_canonical_mapping', patience(1_800, 3), {
    dependsOn: ['ingest_legacy_data'],
    input: { setId: WAVE },
  }),
  step('route_policies', 'evaluate_routing', 'revert_routing', patience(600, 2), {
    dependsOn: ['map_to_canonical'],
    input: { waveId: WAVE },
  }),
  step('execute_migration', 'execute_wave', 'rollback_wave', patience(7_200, 1), {
    dependsOn: ['route_policies'],
    input: { waveId: WAVE, batch: { $from: '/index' }, slices: { $from: '/item' } },
    forEach: { items: '/steps/route_policies/artifacts/0/semanticPayload/slices', batchSize: SLICES_PER_BATCH },
  }),
  step('validate_results', 'validate_migration', 'revert_validation', patience(1_800, 2), {
    dependsOn: ['execute_migration'],
    input: { waveId: WAVE },
  }),
];

const EXTRACTION = { setId: idFrom('extract_policy_data') };

const MAP_POLICIES: PlanSteps = [
  step('extract_policy_data', 'extract_policy_data', 'delete_ingested_data', patience(300, 3)),
  step('validate_policy_data', 'validate_schema', 'revert_validation', patience(120, 2), {
    dependsOn: ['extract_policy_data'],
    input: EXTRACTION,
  }),
  step('map_to_canonical', 'map_to_canonical', 'revert_canonical_mapping', patience(180, 3), {
    dependsOn: ['validate_policy_data'],
    input: EXTRACTION,
  }),
  step('store_canonical', 'store_canonical_policy', 'delete_canonical_policy', patience(60, 2), {
    dependsOn: ['map_to_canonical'],
    input: EXTRACTION,
  }),
];

const OF_PAYLOAD = { waveId: { $from: '/payload/waveId' } };

const VALIDATE_WAVE: PlanSteps = [
  step('validate_data_quality', 'validate_data_quality', 'revert_quality_validation', patience(600, 2)),
  step('reconcile_with_source', 'reconcile_systems', 'revert_reconciliation', patience(1_800, 2), {
    dependsOn: ['validate_data_quality'],
    input: OF_PAYLOAD,
  }),
  step('generate_audit_report', 'generate_audit_report', 'delete_audit_report', patience(300, 1), {
    dependsOn: ['reconcile_with_source'],
    input: OF_PAYLOAD,
  }),
];

const saga = (
  operation: string,
  description: string,
  payload: JsonSchema,
  steps: PlanSteps,
  concurrencyMax = 1,
): CapabilityInput => ({
  name: intentOf(operation),
  version: '1.0.0',
  realm: REALM,
  description,
  intents: [intentOf(operation)],
  inputContract: payloadContract(payload),
  outputContract: sagaResult,
  determinism: 'conditional',
  sideEffects: 'idempotent',
  // the longest step of any saga: what policy is asked to allow
  timeoutMs: 7_200_000,
  plan: { steps, concurrencyMax },
});

export const sagaCapabilities: readonly CapabilityInput[] = [
  saga(
    'migrate_wave',
    'insurance_wave_migration: moves a wave of policies from the legacy system to where their routes say.',
    waveSchema,
    MIGRATE_WAVE,
    BATCHES_AT_ONCE,
  ),
  saga(
    'map_policies',
    'policy_mapping: maps named policies and keeps the canonical ones.',
    mappingSchema,
    MAP_POLICIES,
  ),
  {
    ...saga(
      'validate_wave',
      'wave_validation: holds a migrated wave against its source and reports it.',
      validationSchema,
      VALIDATE_WAVE,
    ),
    dataReferences: ['/waveId'],
  },
];
