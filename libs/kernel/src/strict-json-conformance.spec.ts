import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explain, parseStrictJson } from './strict-json.js';

/** In the manner of JSONTestSuite: what every parser must accept. */
const YES = [
  '[[]   ]',
  '[""]',
  '[]',
  '["a"]',
  '[false]',
  '[null, 1, "1", {}]',
  '[null]',
  '[1\n]',
  ' [1]',
  '[1,null,null,null,2]',
  '[2] ',
  '[123e65]',
  '[0e+1]',
  '[0e1]',
  '[ 4]',
  '[-0.000000000000000000000000000000000000000000000000000000000000000001]',
  '[20e1]',
  '[-0]',
  '[-123]',
  '[-1]',
  '[1E22]',
  '[1E-2]',
  '[1E+2]',
  '[123e45]',
  '[123.456e78]',
  '[1e-2]',
  '[1e+2]',
  '[123]',
  '[123.456789]',
  '{"asd":"sdf", "dfg":"fgh"}',
  '{"asd":"sdf"}',
  '{}',
  '{"":0}',
  '{"foo\\u0000bar": 42}',
  '{ "min": -1.0e+28, "max": 1.0e+28 }',
  '{"x":[{"id": "xxx"}], "id": "xxx"}',
  '{"a":[]}',
  '{\n"a": "b"\n}',
  '["\\u0060\\u012a\\u12AB"]',
  '["\\uD801\\udc37"]',
  '["\\ud83d\\ude39\\ud83d\\udc8d"]',
  '["\\"\\\\\\/\\b\\f\\n\\r\\t"]',
  '["\\\\u0000"]',
  '["\\""]',
  '["a/*b*/c/*d//e"]',
  '["\\\\a"]',
  '["\\u0012"]',
  '["\\uFFFF"]',
  '["\u2028"]',
  '["\\u0000"]',
  '["π"]',
  '["asd "]',
  '" "',
  '["\\u0821"]',
  '["\\uD834\\uDd1e"]',
  '["\u007f"]',
  'false',
  '42',
  '-0.1',
  'null',
  '"asd"',
  'true',
] as const;

/** What every parser must refuse. */
const NO = [
  '[1 true]',
  '["": 1]',
  '[""],',
  '[,1]',
  '[1,,2]',
  '["x",,]',
  '["x"]]',
  '["",]',
  '["x"',
  '[x',
  '[3[ 4]]',
  '[1:2]',
  '[,]',
  '[-]',
  '[   , ""]',
  '["a",\n4\n,1,',
  '[1,]',
  '[1,,]',
  '[*]',
  '[1,\n1\n,1',
  '[{}',
  '[fals]',
  '[nul]',
  '[tru]',
  '[++1234]',
  '[+1]',
  '[+Inf]',
  '[-01]',
  '[-1.0.]',
  '[-2.]',
  '[-NaN]',
  '[.-1]',
  '[.2e-3]',
  '[0.1.2]',
  '[0.3e+]',
  '[0.3e]',
  '[0.e1]',
  '[0E+]',
  '[0E]',
  '[1.0e+]',
  '[1.0e-]',
  '[1.0e]',
  '[1 000.0]',
  '[1eE2]',
  '[2.e+3]',
  '[2.e3]',
  '[9.e+]',
  '[Inf]',
  '[NaN]',
  '[\uff11]',
  '[1+2]',
  '[0x1]',
  '[0x42]',
  '[Infinity]',
  '[-Infinity]',
  '[0e+-1]',
  '[-foo]',
  '[- 1]',
  '[-012]',
  '[1ea]',
  '[012]',
  '["x", truth]',
  '{[: "x"}\n',
  '{"x", null}',
  '{"x"::"b"}',
  '{🇨🇭}',
  '{"a":"a" 123}',
  "{key: 'value'}",
  '{"a" b}',
  '{:"b"}',
  '{"a"',
  '{"a":',
  '{1:1}',
  '{9999E9999:1}',
  '{null:null}',
  '{"id":0,,,,,}',
  "{'a':0}",
  '{"id":0,}',
  '{"a":"b"}/**/',
  '{"a":"b"}//',
  '{"a":"b",,"c":"d"}',
  '{a: "b"}',
  '{"a":"a',
  '{ "foo" : "bar", "a" }',
  '{"a":"b"}#',
  ' ',
  '["\\uD800\\u"]',
  '["\\uD800\\u1"]',
  '["\\u{1}"]',
  '[\\u0020"asd"]',
  '["\\\ud83c\udf00"]',
  '["\\x00"]',
  '["\\"]',
  '["\\u00A"]',
  '["\\a"]',
  '["\\uqqqq"]',
  '["new\nline"]',
  '"\\UA66D"',
  '["\u0000"]',
  "['single quote']",
  'abc',
  '["\\',
  '<.>',
  '[<null>]',
  '[1]x',
  '[1]]',
  '["asd]',
  'aå',
  '[True]',
  '1]',
  '{"x": true,',
  '[][]',
  ']',
  '{}}',
  '\\u000A""',
  '{"":',
  '[',
  '2@',
  '{"a":/*comment*/"b"}',
  '*',
  "{'",
  '{"a":"b"}#{}',
  '[\u000c]',
  '\u2060',
  '\u00a0[]',
  '"',
  'å',
] as const;

describe('JSONTestSuite samples', () => {
  it.each(YES)('accepts %j', (text) => {
    expect(parseStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it.each(NO)('refuses %j', (text) => {
    expect(parseStrictJson(text)).toMatchObject({ ok: false });
  });
});

/** JSON texts that may break any of the rules, put together from pieces. */
const { value: text } = fc.letrec<{ value: string }>((tie) => {
  const space = fc.constantFrom('', '', ' ', '\n');
  const name = fc.constantFrom('"a"', '"\\u0061"', '"b"', '"1"', '"__proto__"', '"\\ud800"', '":"', '"\\"{"', '"é"');
  const joined = (items: readonly string[], open: string, close: string, gap: string) =>
    `${open}${gap}${items.join(`${gap},`)}${gap}${close}`;
  return {
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(
        '0',
        '-0',
        '1e400',
        '1e300',
        '9007199254740992',
        '9007199254740991',
        '-9007199254740993',
        '1.50',
        '2e0',
      ),
      fc.constantFrom('"x"', '"\\udc00"', '"[{:"', 'null', 'true', '"constructor"', '""'),
      fc.json({ maxDepth: 2 }),
      fc.tuple(fc.array(tie('value'), { maxLength: 4 }), space).map(([items, gap]) => joined(items, '[', ']', gap)),
      fc.tuple(fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }), space).map(([members, gap]) =>
        joined(
          members.map(([key, member]) => `${key}${gap}:${member}`),
          '{',
          '}',
          gap,
        ),
      ),
    ),
  };
});

describe('the fast look and the slow look', () => {
  it('agree on every JSON text', () => {
    let refused = 0;
    fc.assert(
      fc.property(text, (source) => {
        const fast = parseStrictJson(source);
        const slow = explain(source);
        expect(fast.ok ? undefined : fast.error).toEqual(slow);
        if (slow !== undefined) refused += 1;
        else expect(fast).toEqual({ ok: true, value: JSON.parse(source) });
      }),
      { numRuns: 3_000 },
    );
    expect(refused).toBeGreaterThan(300);
  });

  it('agree on texts with a piece cut out or put in', () => {
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        fc.nat(3),
        fc.constantFrom('', ',', '"', '}', '[', '//', '\ufeff', '\\'),
        (source, at, cut, piece) => {
          const start = at % (source.length + 1);
          const broken = source.slice(0, start) + piece + source.slice(start + cut);
          expect(parseStrictJson(broken).ok).toBe(explain(broken) === undefined && isJson(broken));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

function isJson(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}
