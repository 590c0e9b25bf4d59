import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstDifference } from './difference.js';

describe('the first difference of two values', () => {
  it.each<[string, Parameters<typeof firstDifference>, string | null]>([
    [
      'nothing, whatever the order of members',
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      null,
    ],
    ['a value', [{ a: { b: 1 } }, { a: { b: 2 } }], '/a/b'],
    [
      'the first by name',
      [
        { b: 1, a: 1 },
        { b: 2, a: 2 },
      ],
      '/a',
    ],
    ['a member that is missing', [{ a: null }, {}], '/a'],
    [
      'an element',
      [
        [1, 2, 3],
        [1, 9, 3],
      ],
      '/1',
    ],
    ['a list that is shorter', [[1, 2], [1]], '/1'],
    ['another kind of value', [{ a: [] }, { a: {} }], '/a'],
    ['the whole', [1, 2], ''],
    ['a name that must be escaped', [{ 'a/b~c': 1 }, { 'a/b~c': 2 }], '/a~1b~0c'],
  ])('is %s', (_what, [expected, actual], pointer) => {
    expect(firstDifference(expected, actual)).toBe(pointer);
  });

  it('is none exactly for equal values', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), fc.jsonValue({ depthSize: 'small' }), (one, other) => {
        const [a, b] = [one, other].map((value) => JSON.parse(JSON.stringify(value)));
        expect(firstDifference(a, a)).toBeNull();
        expect(firstDifference(a, b) === null).toBe(firstDifference(b, a) === null);
      }),
    );
  });
});
