import { objectSchema, textSchema } from '@intendant/participant';
import { policyIdsSchema, shareSchema, waveIdSchema } from './contracts.js';

/** Policies that one intent may name. */
export const POLICY_IDS_MAX = 500;

const gatesSchema = objectSchema(
  {
    dataQuality: objectSchema({ minScore: shareSchema }),
    completeness: objectSchema({
      requiredFields: { type: 'array', items: textSchema(128), minItems: 1, maxItems: 32 },
    }),
    validation: objectSchema({
      rules: {
        type: 'array',
        items: { enum: ['dates_in_order', 'premium_positive', 'limits_positive'] },
        minItems: 1,
        maxItems: 3,
      },
    }),
    mappingConfidence: objectSchema({ minConfidence: shareSchema }),
  },
  ['dataQuality', 'completeness', 'validation', 'mappingConfidence'],
);

/** Payload of a wave; 10,000 is the bulk wave. Wave 0 takes clean policies and has no gates. */
export const waveSchema = objectSchema(
  {
    waveNumber: { type: 'integer', minimum: 0, maximum: 10_000 },
    size: { enum: [100, 500, 1_000, 10_000] },
    gates: gatesSchema,
  },
  ['gates'],
);

export const mappingSchema = objectSchema({ policyIds: policyIdsSchema(POLICY_IDS_MAX) });

export const validationSchema = objectSchema({ waveId: waveIdSchema, minScore: shareSchema }, ['minScore']);
