import { parseStrictJson } from '@intendant/kernel';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonFault } from './json-fault.js';

describe('jsonFault', () => {
  test.each([
    [{ a: [1, { 'b/c': Number.NaN }] }, '/a/1/b~1c', /NaN/],
    [[undefined], '/0', /undefined/],
    [{ f: () => 1 }, '/f', /function/],
    [{ m: new Map() }, '/m', /Map/],
    [JSON.parse('{"x":{"__proto__":1}}'), '/x', /__proto__/],
    [JSON.parse('['.repeat(70) + ']'.repeat(70)), '/0'.repeat(64), /deeper/],
  ])('names the place: %j', (value, pointer, message) => {
    expect(jsonFault(value)).toEqual({ pointer, message: expect.stringMatching(message) });
  });

  test('what has no fault is read back from its JSON by the strict parser', () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withSparseArray: true, withBigInt: true, withDate: true }),
        (value) => {
          if (value === undefined || jsonFault(value) !== null) return;
          expect(parseStrictJson(JSON.stringify(value))).toMatchObject({ ok: true });
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
