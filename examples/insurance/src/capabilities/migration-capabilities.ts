import { type CapabilityInput, countSchema, objectSchema, textSchema } from '@intendant/participant';
import { ROUTES } from '../domain/routing-rules.js';
import { SLICES_PER_BATCH } from '../domain/slices.js';
import {
  setIdSchema,
  shareSchema,
  slicesSchema,
  stepCapability as step,
  stepResult,
  waveIdSchema,
} from './contracts.js';
import { waveSchema } from './saga-payloads.js';

const versionSchema = { const: '1.0.0' };
const wave = objectSchema({ waveId: waveIdSchema });
const set = objectSchema({ setId: setIdSchema });

/** Steps of the wave migration. */
export const migrationCapabilities: readonly CapabilityInput[] = [
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
