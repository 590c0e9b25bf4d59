import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ContractCompiler } from '../contract-compiler.js';
import type { Schema } from './json-schema.js';
import { narrowings } from './narrowing.js';

const compiler = new ContractCompiler();

/** Few names, few values, so that random schemas and random values often meet. */
const NAMES = ['a', 'b'] as const;
const SCALARS = [null, true, 0, 1, 2, 1.5, -1, '', 'x', 'xy'];

const scalar = fc.constantFrom(...SCALARS);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 2, noNullPrototype: true }),
  ),
}));

const bound = fc.integer({ min: 0, max: 2 });
const optional = (keywords: Record<string, fc.Arbitrary<unknown>>) => fc.record(keywords, { requiredKeys: [] });
const named = (schema: fc.Arbitrary<unknown>) => fc.dictionary(fc.constantFrom(...NAMES), schema, { maxKeys: 2 });

const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    fc.boolean(),
    fc.constantFrom(
      { type: 'null' },
      { type: 'boolean' },
      { type: ['string', 'null'] },
      { type: ['integer', 'object', 'array'] },
    ),
    fc.record({ enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }) }),
    fc.record({ const: scalar }),
    optional({
      minimum: bound,
      maximum: bound,
      exclusiveMinimum: bound,
      exclusiveMaximum: bound,
      multipleOf: fc.constantFrom(1, 2, 0.5),
    }).chain((rest) => fc.constantFrom('number', 'integer').map((type) => ({ ...rest, type }))),
    optional({ minLength: bound, maxLength: bound, pattern: fc.constantFrom('^x', 'y$') }).map((rest) => ({
      ...rest,
      type: 'string',
    })),
    optional({
      minItems: bound,
      maxItems: bound,
      uniqueItems: fc.boolean(),
      items: tie('schema'),
      contains: tie('schema'),
      prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 1 }),
    }).map((rest) => ({ ...rest, type: 'array' })),
    optional({
      properties: named(tie('schema')),
      additionalProperties: tie('schema'),
      patternProperties: fc.record({ '^a': tie('schema') }),
      propertyNames: fc.constantFrom({ type: 'string', maxLength: 1 }, { const: 'a' }),
      required: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }),
      minProperties: bound,
      maxProperties: bound,
    }).map((rest) => ({ ...rest, type: 'object' })),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: tie('schema') }),
  ),
}));

/** A schema and one made from it by changing a single keyword somewhere: such pairs are often comparable. */
const changed = (original: unknown, replacement: unknown, at: number): unknown => {
  if (typeof original !== 'object' || original === null) return replacement;
  const keys = Object.keys(original);
  const key = keys[at % Math.max(keys.length, 1)];
  if (key === undefined || Array.isArray(original)) return original;
  const inner = (original as Record<string, unknown>)[key];
  const nested = typeof inner === 'object' && inner !== null && !Array.isArray(inner) && key !== 'patternProperties';
  if (nested) return { ...original, [key]: changed(inner, replacement, Math.floor(at / 3)) };
  const { [key]: _gone, ...rest } = original as Record<string, unknown>;
  return rest;
};

/** Inside an object, so that `true` and `false` are schemas of a member too. */
const wrap = (inner: unknown) => ({ type: 'object', properties: { v: inner }, required: ['v'] });

const validatorOf = (inner: unknown) => {
  const compiled = compiler.compile(wrap(inner));
  return compiled.ok ? (candidate: unknown) => compiled.value({ v: candidate }) : undefined;
};

describe('narrowings, against a validator', () => {
  const pairs = fc.oneof(
    fc.tuple(schema, schema),
    fc
      .tuple(schema, schema, fc.nat(50))
      .map(([original, other, at]) => [original, changed(original, other, at)] as [unknown, unknown]),
    fc
      .tuple(schema, schema, fc.nat(50))
      .map(([original, other, at]) => [changed(original, other, at), original] as [unknown, unknown]),
  );

  test('a value of the narrow schema is one of the wide schema whenever nothing is said to be lost', () => {
    let compared = 0;
    fc.assert(
      fc.property(pairs, fc.array(value, { minLength: 20, maxLength: 40 }), ([narrow, wide], values) => {
        if (narrowings(wrap(narrow), wrap(wide)).length > 0) return;
        const isNarrow = validatorOf(narrow);
        const isWide = validatorOf(wide);
        if (isNarrow === undefined || isWide === undefined) return;
        for (const candidate of values) {
          if (!isNarrow(candidate)) continue;
          compared += 1;
          expect({ candidate, valid: isWide(candidate) }).toEqual({ candidate, valid: true });
        }
      }),
      { numRuns: 3_000 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });

  test('nothing is lost against itself, or against one that takes anything', () => {
    fc.assert(
      fc.property(schema, (any) => {
        expect(narrowings(any as Schema, structuredClone(any) as Schema)).toEqual([]);
        expect(narrowings(any as Schema, true)).toEqual([]);
      }),
    );
  });

  test('an optional member more never breaks a closed object', () => {
    fc.assert(
      fc.property(schema, schema, (first, added) => {
        const closed = { type: 'object', properties: { a: first }, additionalProperties: false };
        expect(narrowings(closed, { ...closed, properties: { a: first, b: added } } as Schema)).toEqual([]);
      }),
    );
  });
});
