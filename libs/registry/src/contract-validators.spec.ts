import { describe, expect, test } from '@jest/globals';
import { sampleCapability } from '../test/registry-samples.js';
import { ContractCompiler, PATTERN_CHARS_MAX, SCHEMA_CHARS_MAX } from './contract-compiler.js';
import { ContractValidators } from './contract-validators.js';

const compiler = new ContractCompiler();
const refusalOf = (schema: object) => {
  const compiled = compiler.compile(schema);
  return compiled.ok ? null : compiled.error;
};

describe('what is refused as a contract', () => {
  test.each([
    ['a misspelt keyword', { type: 'object', propertys: {} }, /unknown keyword/],
    ['an unknown format', { type: 'string', format: 'telephone-ish' }, /unknown format/],
    ['an unknown type', { type: 'text' }, /type/],
    ['a reference to another document', { $ref: 'https://example.org/schema.json' }, /own document/],
    ['a reference that leads nowhere', { type: 'object', properties: { a: { $ref: '#/$defs/a' } } }, /resolve/],
    ['a pattern that is no regular expression', { type: 'string', pattern: '(' }, /regular expression/i],
    ['a pattern that looks around', { type: 'string', pattern: '^(?=.*x)a' }, /RE2/],
    ['a name by a pattern that looks back', { type: 'object', patternProperties: { '(a)\\1': {} } }, /RE2/],
    ['an asynchronous schema, whose answer would be a promise', { $async: true, type: 'string' }, /not JSON Schema/],
    ['nullable, which hides a type', { type: 'string', nullable: true }, /not JSON Schema/],
    ['a named part', { type: 'object', properties: { a: { $id: 'https://example.org/a', type: 'string' } } }, /root/],
    [
      'contains beside prefixItems, of which the validator forgets one',
      { type: 'array', contains: { const: 1 }, prefixItems: [true] },
      /allOf/,
    ],
    ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }, /no schema with key/],
    ['a bound without a type', { minimum: 3 }, /type/],
    ['a pattern without end', { type: 'string', pattern: 'a'.repeat(PATTERN_CHARS_MAX + 1) }, /pattern/],
    ['a schema without end', { type: 'object', description: 'x'.repeat(SCHEMA_CHARS_MAX) }, /characters/],
  ])('%s', (_what, schema, message) => {
    expect(refusalOf(schema)?.message).toMatch(message);
  });

  test('members may have the names of keywords', () => {
    expect(
      refusalOf({
        type: 'object',
        properties: { nullable: { type: 'boolean' }, $id: { type: 'string' }, default: { type: 'null' } },
      }),
    ).toBeNull();
  });

  test('a part may be referred to however often: it is compiled once, and still judges', () => {
    const members = (count: number, schema: object) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, schema]));
    const large = { type: 'object', properties: members(600, { type: 'string' }), additionalProperties: false };
    const compiled = compiler.compile({
      type: 'object',
      $defs: { large },
      properties: members(200, { $ref: '#/$defs/large' }),
    });
    if (!compiled.ok) throw new Error(compiled.error.message);
    expect([compiled.value({ m199: { m599: 'x' } }), compiled.value({ m199: { m599: 1 } })]).toEqual([true, false]);
    expect(compiled.value({ m0: { surprise: 1 } })).toBe(false);
  });

  test('a contract that calls itself like the meta-schema does no harm', () => {
    const fresh = new ContractCompiler();
    const impostor = { $id: 'https://json-schema.org/draft/2020-12/schema', type: 'object' };
    expect(fresh.compile(impostor).ok).toBe(true);
    expect(fresh.compile({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' }).ok).toBe(true);
    expect(fresh.compile({ ...impostor, minProperties: 1 }).ok).toBe(true);
  });
});

describe('patterns', () => {
  const verdicts = (schema: object, values: readonly unknown[]) => {
    const compiled = compiler.compile(schema);
    if (!compiled.ok) throw new Error(compiled.error.message);
    return values.map((value) => compiled.value(value));
  };

  test('take no longer for a text that was made to take long', () => {
    // two to the power of 50,000 ways, one after the other, for what tries them
    expect(verdicts({ type: 'string', pattern: '^(a+)+$' }, [`${'a'.repeat(50_000)}!`, 'aaa'])).toEqual([false, true]);
  });

  test('are told apart, also in names', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string', pattern: '^x' }, b: { type: 'string', pattern: '^y' } },
      patternProperties: { '^n_': { type: 'number' } },
      additionalProperties: false,
    };
    const values = [{ a: 'x1', b: 'y1', n_1: 1 }, { a: 'y' }, { b: 'x' }, { n_1: 'x' }, { m: 1 }];
    expect(verdicts(schema, values)).toEqual([true, false, false, false, false]);
  });

  test('mean what they mean in ECMAScript: escapes, unanchored, whole characters', () => {
    const matches = (pattern: string, text: string) => verdicts({ type: 'string', pattern }, [text])[0];
    expect([
      matches('\\u00e9\\/', 'né/'),
      matches('^\\p{Lu}+$', 'ÀB'),
      matches('^.$', '😀'),
      matches('(?<year>\\d{4})', 'in 2026'),
      matches('^[\\w-]+$', 'a-b c'),
    ]).toEqual([true, true, true, true, false]);
  });
});

describe('validation', () => {
  const validators = new ContractValidators();
  const capability = sampleCapability({
    inputContract: {
      type: 'object',
      properties: { fileId: { type: 'string', format: 'uuid' }, 'a/b': { type: 'integer' } },
      required: ['fileId'],
      additionalProperties: false,
    },
  });
  validators.learn(capability);
  const fileId = '0190f3e4-7b1c-7cc3-9c55-1f4c3a2b1d00';

  test.each([
    [{ fileId }, null],
    [{}, '/fileId'],
    [{ fileId: 7 }, '/fileId'],
    [{ fileId: 'no uuid' }, '/fileId'],
    [{ fileId, extra: 1 }, '/extra'],
    [{ fileId, 'a/b': 1.5 }, '/a~1b'],
    [[], ''],
    [null, ''],
  ])('%j', (payload, pointer) => {
    expect(validators.validateInput(capability.digest, payload)?.pointer ?? null).toBe(pointer);
  });

  test('a member named like something of every object is a member like others', () => {
    const payload = JSON.parse(`{"fileId":"${fileId}","toString":1}`) as unknown;
    expect(validators.validateInput(capability.digest, payload)?.pointer).toBe('/toString');
    const lenient = sampleCapability({ inputContract: { type: 'object', required: ['toString'] } });
    validators.learn(lenient);
    expect(validators.validateInput(lenient.digest, {})?.pointer).toBe('/toString');
  });

  test('the output has its own contract', () => {
    expect(validators.validateOutput(capability.digest, { artifacts: [] })).toBeNull();
    expect(validators.validateOutput(capability.digest, {})).toMatchObject({
      pointer: '/artifacts',
      message: expect.stringContaining('artifacts'),
    });
  });

  test('a reference to the root means the root of its own contract', () => {
    const tree = (type: string) =>
      sampleCapability({
        inputContract: { type: 'object', properties: { v: { type }, child: { $ref: '#' } }, required: ['v'] },
      });
    const [numbers, texts] = [tree('number'), tree('string')];
    for (const one of [numbers, texts]) expect(validators.learn(one)).toEqual({ ok: true, value: undefined });
    expect(validators.validateInput(numbers.digest, { v: 1, child: { v: 2 } })).toBeNull();
    expect(validators.validateInput(numbers.digest, { v: 1, child: { v: 'x' } })?.pointer).toBe('/child/v');
    expect(validators.validateInput(texts.digest, { v: 'x', child: { v: 2 } })?.pointer).toBe('/child/v');
  });

  test('values are never changed', () => {
    const lenient = sampleCapability({
      inputContract: { type: 'object', properties: { n: { type: 'integer', default: 1 } }, additionalProperties: true },
    });
    validators.learn(lenient);
    const payload = Object.freeze({ other: Object.freeze({ deep: '1' }) });
    expect(validators.validateInput(lenient.digest, payload)).toBeNull();
    expect(payload).toEqual({ other: { deep: '1' } });
  });

  test('a schema that refers to itself without end is a fault, not a crash', () => {
    const endless = sampleCapability({ inputContract: { anyOf: [{ $ref: '#' }, { type: 'string' }] } });
    expect(validators.learn(endless).ok).toBe(true);
    expect(validators.validateInput(endless.digest, 1)?.message).toMatch(/evaluated/);
  });

  test('a value that trips the validator is a fault, not a crash', () => {
    const unique = sampleCapability({ inputContract: { type: 'array', uniqueItems: true } });
    validators.learn(unique);
    expect(validators.validateInput(unique.digest, JSON.parse('[{"valueOf":1},{"valueOf":1}]'))?.message).toMatch(
      /evaluated/,
    );
  });

  test('says which contract does not compile', () => {
    const broken = sampleCapability({ outputContract: { type: 'object', properties: { a: { $ref: 'other.json' } } } });
    expect(validators.learn(broken)).toMatchObject({
      ok: false,
      error: { pointer: '/outputContract/properties/a/$ref' },
    });
    expect(validators.has(broken.digest)).toBe(false);
  });

  test('what is no longer needed is forgotten, and asking for it is a mistake', () => {
    const kept = new ContractValidators();
    kept.learn(capability);
    kept.keepOnly(new Set());
    expect(() => kept.validateInput(capability.digest, {})).toThrow(RangeError);
  });
});
