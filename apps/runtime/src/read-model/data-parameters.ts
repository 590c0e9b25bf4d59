import { ExecutionId, LINEAGE_DEPTH_DEFAULT, LINEAGE_DEPTH_MAX, LineageDirection } from '@intendant/intent-model';
import { provenancePlaceOf, referencePlaceOf } from '@intendant/read-model';
import { z } from 'zod';
import type {} from 'zod-openapi';
import { cursorFor, Limit, WaitFor } from './list-parameters.js';

export const ReferencesQuery = z.strictObject({
  executionId: ExecutionId.optional().meta({
    description: 'What this execution registered, was given to read, or named as a source.',
  }),
  type: z
    .string()
    .min(1)
    .max(64)
    .regex(/^\P{Cc}*$/u, 'must be content or a result type')
    .optional()
    .meta({ description: '`content`, or a result type.' }),
  limit: Limit,
  cursor: cursorFor(referencePlaceOf).optional(),
  waitFor: WaitFor,
});

export const WaitQuery = z.strictObject({ waitFor: WaitFor });

export const ProvenanceQuery = z.strictObject({
  limit: Limit,
  cursor: cursorFor(provenancePlaceOf).optional(),
  waitFor: WaitFor,
});

const DEPTH = `must be a whole number from 1 to ${LINEAGE_DEPTH_MAX}`;

export const LineageQuery = z.strictObject({
  direction: LineageDirection.default('upstream'),
  depth: z
    .string()
    .regex(/^\d{1,2}$/, DEPTH)
    .transform(Number)
    .refine((depth) => depth >= 1 && depth <= LINEAGE_DEPTH_MAX, DEPTH)
    .default(LINEAGE_DEPTH_DEFAULT)
    .meta({
      override: {
        type: 'integer',
        pattern: undefined,
        minimum: 1,
        maximum: LINEAGE_DEPTH_MAX,
        default: LINEAGE_DEPTH_DEFAULT,
      },
    }),
  waitFor: WaitFor,
});
