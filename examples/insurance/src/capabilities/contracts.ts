import {
  artifactIdSchema,
  type CapabilityInput,
  contentRefSchema,
  countSchema,
  type JsonSchema,
  objectSchema,
  payloadContract,
  sha256Schema,
  textSchema,
} from '@intendant/participant';
import { ROUTES } from '../domain/routing-rules.js';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

export const REALM = 'insurance';
export const intentOf = (operation: string): string => `${REALM}.${operation}`;

export const waveIdSchema = artifactIdSchema('wave');
export const setIdSchema: JsonSchema = { type: 'string', pattern: '^(?:wave|extraction)_[0-9a-f]{32}$' };
export const executionIdSchema: JsonSchema = { type: 'string', pattern: '^exe_[0-9a-f]{32}$' };
export const shareSchema: JsonSchema = { type: 'number', minimum: 0, maximum: 1 };
export const policyIdSchema: JsonSchema = { type: 'string', pattern: '^[A-Z][A-Z0-9-]{1,31}$' };
export const policyIdsSchema = (maxItems: number): JsonSchema => ({
  type: 'array',
  items: policyIdSchema,
  minItems: 1,
  maxItems,
  uniqueItems: true,
});
const positionSchema: JsonSchema = { type: 'integer', minimum: 0, maximum: 100_000 };
export const slicesSchema = (maxItems: number): JsonSchema => ({
  type: 'array',
  items: objectSchema({ route: { enum: [...ROUTES] }, firstPosition: positionSchema, lastPosition: positionSchema }),
  minItems: 1,
  maxItems,
});

const renderingSchema = objectSchema({
  mediaType: textSchema(128),
  content: objectSchema({ ref: contentRefSchema, sha256: sha256Schema, sizeBytes: countSchema }),
});

/** What a step returns: one artifact, and the event that names it. */
export function stepResult(
  kind: string,
  resultType: string,
  semanticPayload: JsonSchema,
  eventType: string,
  renderings: 0 | 1 = 0,
): JsonSchema {
  const artifact = objectSchema({
    artifactId: artifactIdSchema(kind),
    resultType: { const: resultType },
    semanticPayload,
    renderings: { type: 'array', items: renderingSchema, minItems: renderings, maxItems: renderings },
    parents: { type: 'array', items: textSchema(256), maxItems: 1 },
  });
  const data = objectSchema({ artifactId: artifactIdSchema(kind) });
  return resultOf([artifact], objectSchema({ eventType: { const: eventType }, data }));
}

/** What an undo returns: the event that says whether there was anything to take back. */
export const undoResult: JsonSchema = resultOf(
  [],
  objectSchema({
    eventType: { const: 'insurance.step_undone' },
    data: objectSchema({ operation: textSchema(64), stepId: textSchema(128), reversed: { type: 'boolean' } }),
  }),
);

function resultOf(artifacts: readonly JsonSchema[], event: JsonSchema): JsonSchema {
  const [artifact] = artifacts;
  return {
    $schema: DIALECT,
    ...objectSchema({
      artifacts:
        artifact === undefined
          ? { type: 'array', maxItems: 0 }
          : { type: 'array', items: artifact, minItems: 1, maxItems: 1 },
      events: { type: 'array', items: event, minItems: 1, maxItems: 1 },
      stateChanges: { type: 'array', maxItems: 0 },
    }),
  };
}

/** A saga answers through its steps. */
export const sagaResult: JsonSchema = {
  $schema: DIALECT,
  type: 'object',
  properties: { artifacts: { type: 'array' }, events: { type: 'array' }, stateChanges: { type: 'array' } },
  required: ['artifacts', 'events', 'stateChanges'],
};

/** A step, with the time that one attempt may take. */
export const stepCapability = (
  operation: string,
  description: string,
  timeoutS: number,
  payload: JsonSchema,
  outputContract: JsonSchema,
): CapabilityInput => ({
  name: intentOf(operation),
  version: '1.0.0',
  realm: REALM,
  description,
  intents: [intentOf(operation)],
  inputContract: payloadContract(payload),
  outputContract,
  determinism: 'conditional',
  sideEffects: 'idempotent',
  timeoutMs: timeoutS * 1_000,
});
