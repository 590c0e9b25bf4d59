import { describe, expect, it } from '@jest/globals';
import { DEPTH_MAX, parseStrictJson, pointerOf, type StrictJsonError } from './strict-json.js';

const refusalOf = (input: string | Uint8Array): Pick<StrictJsonError, 'reason' | 'pointer'> | 'accepted' => {
  const parsed = parseStrictJson(input);
  return parsed.ok ? 'accepted' : { reason: parsed.error.reason, pointer: parsed.error.pointer };
};
const arrays = (depth: number, inside = ''): string => '['.repeat(depth) + inside + ']'.repeat(depth);
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

const REFUSED: readonly [text: string, reason: StrictJsonError['reason'], pointer: string][] = [
  ['{"a":1,"a":2}', 'duplicate_key', '/a'],
  ['{"a":1,"a":1}', 'duplicate_key', '/a'],
  ['{"a":1,"\\u0061":2}', 'duplicate_key', '/a'],
  ['{"":1,"":2}', 'duplicate_key', '/'],
  ['{"x":[0,{"y":{"k~/":1,"k~/":2}}]}', 'duplicate_key', '/x/1/y/k~0~1'],
  ['[{"a":{}},{"a":{"b":1,"c":{"b":2},"b":3}}]', 'duplicate_key', '/1/a/b'],
  ['{"é":1,"\\u00e9":2}', 'duplicate_key', '/é'],
  ['{"a:b":1,"a:b":2}', 'duplicate_key', '/a:b'],
  ['9007199254740992', 'unsafe_integer', ''],
  ['-9007199254740992', 'unsafe_integer', ''],
  ['{"a":[9007199254740993]}', 'unsafe_integer', '/a/0'],
  ['{"a":{"b":-9007199254740993}}', 'unsafe_integer', '/a/b'],
  ['123456789012345678901234567890', 'unsafe_integer', ''],
  ['{"a":9007199254740993.0}', 'unsafe_integer', '/a'],
  ['[9.007199254740993e15]', 'unsafe_integer', '/0'],
  ['[-90071992547409930e-1]', 'unsafe_integer', '/0'],
  ['12345678901234567.8', 'unsafe_integer', ''],
  ['1e20', 'unsafe_integer', ''],
  ['[1e400]', 'number_out_of_range', '/0'],
  ['{"a":-1e400}', 'number_out_of_range', '/a'],
  [`{"a":${'9'.repeat(400)}}`, 'number_out_of_range', '/a'],
  ['["\\ud800"]', 'lone_surrogate', '/0'],
  ['{"a":"\\udc00\\ud800"}', 'lone_surrogate', '/a'],
  ['{"a":{"\\ud83d":1}}', 'lone_surrogate', '/a'],
  ['["\ud83d"]', 'lone_surrogate', '/0'],
  ['{"__proto__":{}}', 'forbidden_key', '/__proto__'],
  ['{"a":[{"b":{"__proto__":1}}]}', 'forbidden_key', '/a/0/b/__proto__'],
  ['{"\\u005f_proto__":1}', 'forbidden_key', '/__proto__'],
  ['{"constructor":{"prototype":{}}}', 'forbidden_key', '/constructor'],
  ['[{"prototype":null}]', 'forbidden_key', '/0/prototype'],
  ['\ufeff{}', 'syntax', ''],
  ['', 'syntax', ''],
  [' \n', 'syntax', ''],
  ['[1,]', 'syntax', ''],
  ['{"a":1,}', 'syntax', ''],
  ['[1] // done', 'syntax', ''],
  ['/* first */ [1]', 'syntax', ''],
  ['[NaN]', 'syntax', ''],
  ['[Infinity]', 'syntax', ''],
  ['{} {}', 'syntax', ''],
  ["{'a':1}", 'syntax', ''],
  ['{a:1}', 'syntax', ''],
  ['["\t"]', 'syntax', ''],
  ['"unfinished', 'syntax', ''],
  ['{"a":', 'syntax', ''],
];

const ACCEPTED: readonly [text: string, value: unknown][] = [
  ['9007199254740991', 9007199254740991],
  ['-9007199254740991', -9007199254740991],
  ['1e300', 1e300],
  ['1.0E+2', 100],
  ['[-0, 0.1, 1E-400]', [-0, 0.1, 0]],
  ['9007199254740991.0', 9007199254740991],
  ['1e21', 1e21],
  ['6.02214076e23', 6.02214076e23],
  ['"\\ud83d\\ude02"', '\u{1f602}'],
  ['{"a":{"a":1},"b":[{"a":1}]}', { a: { a: 1 }, b: [{ a: 1 }] }],
  ['{"a":":","b":"\\":{["}', { a: ':', b: '":{[' }],
  ['{"proto":1,"__proto":2,"Constructor":3}', { proto: 1, __proto: 2, Constructor: 3 }],
  ['"__proto__"', '__proto__'],
  ['null', null],
  [' [ ] ', []],
];

describe('strict JSON', () => {
  it.each(REFUSED)('refuses %j as %s at %j', (text, reason, pointer) => {
    expect(refusalOf(text)).toEqual({ reason, pointer });
  });

  it.each(ACCEPTED)('accepts %j', (text, value) => {
    expect(parseStrictJson(text)).toEqual({ ok: true, value });
    expect(parseStrictJson(Buffer.from(text))).toEqual({ ok: true, value });
  });

  it.each([
    ['a continuation byte alone', [0x22, 0x80, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a sequence cut short', [0x22, 0xe2, 0x82]],
    ['UTF-16', [0xff, 0xfe, 0x31, 0x00]],
  ])('refuses bytes that are no UTF-8: %s', (_name, bytes) => {
    expect(refusalOf(Uint8Array.from(bytes))).toEqual({ reason: 'not_utf8', pointer: '' });
    expect(refusalOf(Buffer.from('[1]'))).toBe('accepted');
  });

  it('refuses a byte order mark in bytes', () => {
    expect(refusalOf(Buffer.from('\ufeff[]'))).toEqual({ reason: 'syntax', pointer: '' });
  });

  it(`accepts ${DEPTH_MAX} levels and refuses one more, naming where`, () => {
    expect(refusalOf(arrays(DEPTH_MAX))).toBe('accepted');
    expect(refusalOf(objects(DEPTH_MAX))).toBe('accepted');
    expect(refusalOf(arrays(DEPTH_MAX + 1))).toEqual({ reason: 'too_deep', pointer: '/0'.repeat(DEPTH_MAX) });
    expect(refusalOf(objects(DEPTH_MAX + 1))).toEqual({ reason: 'too_deep', pointer: '/a'.repeat(DEPTH_MAX) });
    expect(refusalOf(arrays(DEPTH_MAX, '"[[[{{{"'))).toBe('accepted');
  });

  it('refuses a million levels without running out of stack', () => {
    expect(refusalOf('['.repeat(1_000_000))).toMatchObject({ reason: 'too_deep' });
    expect(refusalOf('{"a":'.repeat(1_000_000))).toMatchObject({ reason: 'too_deep' });
  });

  it('leaves Object.prototype as it was', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    parseStrictJson('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  it('shows at most a part of a long number', () => {
    const parsed = parseStrictJson('1'.repeat(5_000));
    expect(parsed.ok ? '' : parsed.error.message).toHaveLength(40 + ' does not fit a double'.length);
  });
});

describe('JSON Pointer', () => {
  it('escapes tilde before slash', () => {
    expect(pointerOf(['a/b', 'm~n', '~1', 0, ''])).toBe('/a~1b/m~0n/~01/0/');
    expect(pointerOf([])).toBe('');
  });
});
