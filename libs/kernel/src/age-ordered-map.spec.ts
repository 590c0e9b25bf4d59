import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { AgeOrderedMap } from './age-ordered-map.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('AgeOrderedMap', () => {
  test('its oldest key is the first one of a map, whatever is set, deleted and cleared', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const move = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), key }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('look' as const), key }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('deleteOldest' as const), key }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), key }) },
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const aged = new AgeOrderedMap<number>();
        const plain = new Map<string, number>();
        moves.forEach(({ kind, key: chosen }, at) => {
          const first = plain.keys().next().value;
          if (kind === 'set') for (const map of [aged, plain]) map.set(chosen, at);
          else if (kind === 'delete') for (const map of [aged, plain]) map.delete(chosen);
          else if (kind === 'clear') for (const map of [aged, plain]) map.clear();
          else if (kind === 'look') expect(aged.oldestKey).toBe(first);
          else if (first !== undefined) {
            plain.delete(first);
            aged.delete(aged.oldestKey as string);
          }
          expect([...aged]).toEqual([...plain]);
        });
        expect(aged.oldestKey).toBe(plain.keys().next().value);
      }),
      { numRuns: 500 },
    );
  });

  test('looks on from where it stopped: a new iterator would pass all that was deleted before, so few are made', () => {
    const aged = new AgeOrderedMap<number>();
    for (let added = 0; added < 100; added += 1) aged.set(`old-${added}`, added);
    const began = jest.spyOn(Map.prototype, 'keys');
    try {
      for (let added = 0; added < 1_000; added += 1) {
        aged.delete(aged.oldestKey as string);
        aged.set(`new-${added}`, added);
      }
      expect(began.mock.calls.length).toBeLessThan(3);
    } finally {
      began.mockRestore();
    }
    expect([aged.size, aged.oldestKey]).toEqual([100, 'new-900']);
  });

  test.each([
    ['nobody asks for the oldest key', () => undefined],
    ['the oldest key is asked for', (aged: AgeOrderedMap<object>) => void aged.oldestKey],
  ])('holds nothing that was deleted long ago, while %s', async (_when, ask) => {
    const aged = new AgeOrderedMap<object>();
    aged.set('stays', {});
    const held: WeakRef<object>[] = [];
    for (let added = 0; added < 10_000; added += 1) {
      const value = {};
      held.push(new WeakRef(value));
      aged.set(`passes-${added}`, value);
      ask(aged);
      if (added > 9) aged.delete(`passes-${added - 10}`);
    }
    for (let round = 0; round < 3; round += 1) {
      await turn();
      collectGarbage();
    }
    expect(held.filter((one) => one.deref() !== undefined).length).toBeLessThan(1_100);
    expect(aged.oldestKey).toBe('stays');
  });
});
