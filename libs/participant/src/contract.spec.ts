import { describe, expect, it } from '@jest/globals';
import { artifactIdOf, artifactIdSchema, countSchema, objectSchema, referenceSchema, resultContract } from './index.js';

const matches = (schema: { [keyword: string]: unknown }, value: string): boolean =>
  new RegExp(schema.pattern as string).test(value);

describe('contracts', () => {
  it('requires every property that is not named optional', () => {
    expect(objectSchema({ a: countSchema, b: countSchema }, ['b'])).toEqual({
      type: 'object',
      properties: { a: countSchema, b: countSchema },
      required: ['a'],
      additionalProperties: false,
    });
  });

  it('takes the ids that are made, of their kind only', () => {
    const id = artifactIdOf('file', 'content://1', { name: 'a' });
    expect(id).toBe(artifactIdOf('file', 'content://1', { name: 'a' }));
    expect(id).not.toBe(artifactIdOf('file', 'content://2', { name: 'a' }));
    const content = `content://${'0'.repeat(64)}`;
    expect([id, content].map((value) => matches(artifactIdSchema('file'), value))).toEqual([true, false]);
    expect([id, content].map((value) => matches(referenceSchema('file'), value))).toEqual([true, true]);
    expect(matches(referenceSchema('workflow'), id)).toBe(false);
  });

  it('promises one artifact, one event, and a state change only when there is one', () => {
    const result = {
      idKind: 'count',
      resultType: 'word_count',
      semanticPayload: objectSchema({}),
      parents: { maxItems: 1 },
      eventType: 'words.counted',
      eventData: objectSchema({}),
    };
    const one = { minItems: 1, maxItems: 1 };
    expect(resultContract(result)).toMatchObject({
      properties: {
        artifacts: { ...one, items: { properties: { parents: { type: 'array', maxItems: 1 } } } },
        events: { ...one, items: { properties: { eventType: { const: 'words.counted' } } } },
        stateChanges: { type: 'array', maxItems: 0 },
      },
    });
    const stateChange = objectSchema({ key: { const: 'words' } });
    expect(resultContract({ ...result, stateChange })).toMatchObject({
      properties: { stateChanges: { ...one, items: stateChange } },
    });
  });
});
