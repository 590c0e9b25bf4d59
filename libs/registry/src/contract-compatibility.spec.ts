import { describe, expect, test } from '@jest/globals';
import { inputBreaks, outputBreaks } from './contract-compatibility.js';

const base = {
  type: 'object',
  properties: {
    fileId: { type: 'string', maxLength: 64 },
    mode: { enum: ['fast', 'exact'] },
    pages: { type: 'array', items: { type: 'integer', minimum: 1 } },
  },
  required: ['fileId'],
  additionalProperties: false,
};
const withMember = (name: string, schema: unknown, required = base.required) => ({
  ...base,
  properties: { ...base.properties, [name]: schema },
  required,
});

describe('input contract of a newer minor', () => {
  test.each([
    ['the same', base],
    ['other words', { ...base, title: 'Parse', description: 'Parses a file' }],
    ['an optional member more', withMember('note', { type: 'string' })],
    ['a longer text', withMember('fileId', { type: 'string', maxLength: 128 })],
    ['a wider type', withMember('fileId', { type: ['string', 'null'], maxLength: 64 })],
    ['an alternative more', withMember('fileId', { anyOf: [{ type: 'string', maxLength: 64 }, { type: 'null' }] })],
    ['a value more', withMember('mode', { enum: ['fast', 'exact', 'thorough'] })],
    ['any text instead of a list of texts', withMember('mode', { type: 'string' })],
    [
      'numbers instead of integers',
      withMember('pages', { type: 'array', items: { type: 'number', exclusiveMinimum: 0 } }),
    ],
    ['nothing required', { ...base, required: [] }],
    ['open to other members', { ...base, additionalProperties: true }],
    [
      'a definition moved behind a reference',
      { ...withMember('fileId', { $ref: '#/$defs/id' }), $defs: { id: { type: 'string', maxLength: 64 } } },
    ],
    ['anything', true as never],
  ])('may bring: %s', (_what, newer) => {
    expect(inputBreaks(base, newer)).toEqual([]);
  });

  test.each([
    ['a member required more', { ...base, required: ['fileId', 'mode'] }, '/required'],
    ['a new member that is required', withMember('note', { type: 'string' }, ['fileId', 'note']), '/required'],
    ['another type', withMember('fileId', { type: 'integer' }), '/properties/fileId/type'],
    [
      'a narrower type',
      withMember('pages', { type: 'array', items: { type: 'integer', minimum: 2 } }),
      '/properties/pages/items/minimum',
    ],
    ['a value less', withMember('mode', { enum: ['fast'] }), '/properties/mode/enum'],
    ['a shorter text', withMember('fileId', { type: 'string', maxLength: 32 }), '/properties/fileId/maxLength'],
    ['a format', withMember('fileId', { type: 'string', maxLength: 64, format: 'uuid' }), '/properties/fileId/format'],
    ['a member less', { ...base, properties: { fileId: base.properties.fileId } }, '/additionalProperties'],
    ['a condition more', { ...base, allOf: [{ required: ['mode'] }] }, '/allOf'],
    ['an exclusion', { ...base, not: { required: ['mode'] } }, '/not'],
    [
      'unique items',
      withMember('pages', { type: 'array', items: { type: 'integer', minimum: 1 }, uniqueItems: true }),
      '/properties/pages/uniqueItems',
    ],
  ])('may not bring: %s', (_what, newer, pointer) => {
    expect(inputBreaks(base, newer).map((found) => found.pointer)).toContain(pointer);
  });

  test('a closed object was open before', () => {
    const open = { type: 'object', properties: { a: { type: 'string' } } };
    expect(inputBreaks(open, { ...open, additionalProperties: false })).toHaveLength(1);
    // the name was free before: it could hold anything
    expect(inputBreaks(open, { ...open, properties: { ...open.properties, b: { type: 'string' } } })).toHaveLength(1);
  });
});

describe('borders', () => {
  const numbers = (keywords: object) => ({ type: 'number', ...keywords });
  test.each([
    [{ minimum: 1 }, { exclusiveMinimum: 1 }, false],
    [{ minimum: 2 }, { exclusiveMinimum: 1 }, true],
    [{ exclusiveMinimum: 1 }, { minimum: 1 }, true],
    [{ maximum: 1 }, { exclusiveMaximum: 1 }, false],
    [{ exclusiveMaximum: 1 }, { maximum: 1 }, true],
    [{ multipleOf: 6 }, { multipleOf: 3 }, true],
    [{ multipleOf: 3 }, { multipleOf: 6 }, false],
  ])('%j then %j', (older, newer, compatible) => {
    expect(inputBreaks(numbers(older), numbers(newer)).length === 0).toBe(compatible);
  });

  test('a member that a pattern lets in is not what additionalProperties says', () => {
    const older = {
      type: 'object',
      patternProperties: { '^a': { type: 'integer' } },
      additionalProperties: { type: 'string' },
    };
    expect(inputBreaks(older, { ...older, properties: { a: { type: 'string' } } })).not.toEqual([]);
  });
});

describe('output contract of a newer minor', () => {
  const open = {
    type: 'object',
    properties: { status: { enum: ['ok', 'empty'] }, count: { type: 'integer' } },
    required: ['status'],
  };
  test.each([
    ['a promise more', { ...open, required: ['status', 'count'] }],
    ['a value less', { ...open, properties: { ...open.properties, status: { enum: ['ok'] } } }],
    ['a member more', { ...open, properties: { ...open.properties, note: { type: 'string' } } }],
    ['a constant', { ...open, properties: { ...open.properties, status: { const: 'ok' } } }],
  ])('may bring: %s', (_what, newer) => {
    expect(outputBreaks(open, newer)).toEqual([]);
  });

  test.each([
    ['a promise less', { ...open, required: [] }],
    ['a value more', { ...open, properties: { ...open.properties, status: { enum: ['ok', 'empty', 'partial'] } } }],
    ['a wider type', { ...open, properties: { ...open.properties, count: { type: 'number' } } }],
    ['a member forgotten', { ...open, properties: { status: open.properties.status } }],
    ['anything', { type: 'object' }],
  ])('may not bring: %s', (_what, newer) => {
    expect(outputBreaks(open, newer)).not.toEqual([]);
  });
});

describe('references', () => {
  const tree = (leaf: object) => ({
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { value: leaf, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
        required: ['value'],
      },
    },
  });

  test('recursive schemas are compared to their end', () => {
    expect(inputBreaks(tree({ type: 'integer' }), tree({ type: 'number' }))).toEqual([]);
    expect(inputBreaks(tree({ type: 'number' }), tree({ type: 'integer' }))).not.toEqual([]);
  });

  test('equal texts with other definitions behind them are not equal', () => {
    const over = (leaf: object) => ({ type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: leaf } });
    expect(inputBreaks(over({ type: 'string' }), over({ type: 'integer' }))).not.toEqual([]);
    expect(inputBreaks(over({ type: 'string' }), over({ type: ['string', 'null'] }))).toEqual([]);
  });

  test('a schema that proves itself proves nothing', () => {
    expect(inputBreaks({ type: 'number' }, { anyOf: [{ $ref: '#' }, { type: 'string' }] })).not.toEqual([]);
    expect(inputBreaks({ type: 'number' }, { allOf: [{ $ref: '#' }] })).not.toEqual([]);
  });

  test('what closes over everything beside it must stay', () => {
    const closed = (names: string[]) => ({
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
      unevaluatedProperties: false,
    });
    expect(inputBreaks(closed(['a', 'b']), closed(['a']))).not.toEqual([]);
  });
});
