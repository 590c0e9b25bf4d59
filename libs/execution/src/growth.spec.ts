import { describe, expect, it } from '@jest/globals';
import { COPYING, growingInPlace } from './growth.js';

describe('what a fold extends', () => {
  it('is copied once by a fold of many records, and never changed where it came from', () => {
    const growth = growingInPlace();
    const [list, map] = [Object.freeze(['a']), Object.freeze({ a: 1 })];
    const grownList = growth.append(list, 'b');
    const grownMap = growth.put(map, 'b', 2);
    expect(growth.append(grownList, 'c')).toBe(grownList);
    expect(growth.without(growth.put(grownMap, 'c', 3), 'a')).toBe(grownMap);
    expect([list, map, grownList, grownMap]).toEqual([['a'], { a: 1 }, ['a', 'b', 'c'], { b: 2, c: 3 }]);
  });

  it('is not extended in place by the next fold', () => {
    const list = growingInPlace().append<string>([], 'a');
    expect(growingInPlace().append(list, 'b')).not.toBe(list);
    expect(COPYING.append(list, 'b')).not.toBe(list);
    expect(list).toEqual(['a']);
  });
});
