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
/** Ids as `artifactIdOf` makes them. */
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

/** Output contract of an intent that makes one artifact with one rendering and states one event. */
export function resultContract(result: {
  idKind: string;
  resultType: string;
  semanticPayload: JsonSchema;
  /** How many parents the artifact has. */
  parents: { minItems?: number; maxItems: number };
  eventType: string;
  eventData: JsonSchema;
  /** The one state change; none when absent. */
  stateChange?: JsonSchema;
}): JsonSchema {
  const artifact = objectSchema({
    artifactId: artifactIdSchema(result.idKind),
    resultType: { const: result.resultType },
    semanticPayload: result.semanticPayload,
    renderings: { type: 'array', items: renderingSchema, minItems: 1, maxItems: 1 },
    parents: { type: 'array', items: textSchema(256), ...result.parents },
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
