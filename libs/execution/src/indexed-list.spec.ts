import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IndexedList } from './indexed-list.js';

interface Item {
  readonly key: string;
  readonly value: number;
}

let looks = 0;
const empty = IndexedList.empty<Item>(({ key }) => {
  looks += 1;
  return [key];
});
const item = (key: string, value = 0): Item => ({ key, value });
const values = (list: IndexedList<Item>): readonly string[] => Array.from(list, ({ key, value }) => `${key}${value}`);

describe('a list that is found by keys', () => {
  it('finds and replaces without looking through what is before', () => {
    let list = empty;
    for (let n = 0; n < 10_000; n += 1) list = list.append(item(`k${n}`, n));
    looks = 0;
    for (let n = 0; n < 10_000; n += 100) {
      expect(list.find(`k${n}`)?.value).toBe(n);
      list = list.replace(`k${n}`, (one) => ({ ...one, value: -n }));
      expect(list.find(`no${n}`)).toBeUndefined();
    }
    expect(looks).toBe(200);
    expect([list.length, list.find('k9900')?.value]).toEqual([10_000, -9_900]);
  });

  it('leaves the list it came from as it was', () => {
    const before = empty.append(item('a')).append(item('b'));
    const after = before.replace('a', () => item('a', 1)).append(item('c'));
    expect([values(before), values(after)]).toEqual([
      ['a0', 'b0'],
      ['a1', 'b0', 'c0'],
    ]);
    expect(before.find('c')).toBeUndefined();
  });

  it('is the same list for a key that it does not have', () => {
    const list = empty.append(item('a'));
    expect(list.replace('b', () => item('b'))).toBe(list);
  });

  it('agrees with an array that is copied, in every list that grew out of another', () => {
    const step = fc.record({
      from: fc.nat(50),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      replaces: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const lists: [IndexedList<Item>, readonly Item[]][] = [[empty, []]];
        for (const [n, { from, key, replaces }] of steps.entries()) {
          const [list, copy] = lists[from % lists.length] as (typeof lists)[number];
          const at = copy.findIndex((one) => one.key === key);
          if (!replaces) lists.push([list.append(item(key, n)), [...copy, item(key, n)]]);
          else if (at !== -1) lists.push([list.replace(key, () => item(key, n)), copy.with(at, item(key, n))]);
        }
        for (const [list, copy] of lists) {
          expect([...list]).toEqual(copy);
          for (const key of ['a', 'b', 'c', 'd']) expect(list.find(key)).toEqual(copy.find((one) => one.key === key));
        }
      }),
    );
  });
});
