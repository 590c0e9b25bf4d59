import type { CapabilityDefinition } from '@intendant/intent-model';
import type { z } from 'zod';

export type Capability = z.input<typeof CapabilityDefinition>;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonSchema = { [keyword: string]: Json };

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** A closed object; all properties are required but those named optional. */
export function objectSchema(properties: JsonSchema, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

/** Input contract of a payload. */
export const payloadContract = (schema: JsonSchema): JsonSchema => ({ $schema: DIALECT, ...schema });

export const textSchema = (maxLength: number): JsonSchema => ({ type: 'string', minLength: 1, maxLength });
export const countSchema: JsonSchema = { type: 'integer', minimum: 0 };
export const sha256Schema: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
export const contentRefSchema: JsonSchema = { type: 'string', pattern: '^content://[0-9a-f]{64}$' };
export const artifactIdSchema = (kind: string): JsonSchema => ({ type: 'string', pattern: `^${kind}_[0-9a-f]{32}$` });
/** An artifact of that kind or content itself. */
export const referenceSchema = (kind: string): JsonSchema => ({
  type: 'string',
  pattern: `^(?:${kind}_[0-9a-f]{32}|content://[0-9a-f]{64})$`,
});

const renderingSchema = objectSchema({
  mediaType: textSchema(128),
  content: objectSchema({ ref: contentRefSchema, sha256: sha256Schema, sizeBytes: countSchema }),
});

/** Output contract of an intent that makes one artifact and states one event. */
export function resultContract(result: {
  idKind: string;
  resultType: string;
  semanticPayload: JsonSchema;
  eventType: string;
  eventData: JsonSchema;
  stateChange?: JsonSchema;
}): JsonSchema {
  const artifact = objectSchema({
    artifactId: artifactIdSchema(result.idKind),
    resultType: { const: result.resultType },
    semanticPayload: result.semanticPayload,
    renderings: { type: 'array', items: renderingSchema, minItems: 1, maxItems: 1 },
    parents: { type: 'array', items: textSchema(256), minItems: 1, maxItems: 2 },
  });
  const event = objectSchema({ eventType: { const: result.eventType }, data: result.eventData });
  const change = result.stateChange;
  return {
    $schema: DIALECT,
    ...objectSchema({
      artifacts: { type: 'array', items: artifact, minItems: 1, maxItems: 1 },
      events: { type: 'array', items: event, minItems: 1, maxItems: 1 },
      stateChanges: change
        ? { type: 'array', items: change, minItems: 1, maxItems: 1 }
        : { type: 'array', maxItems: 0 },
    }),
  };
}
