import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { AgeOrderedMap } from './age-ordered-map.js';

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

  test('looks on from where it stopped: a new iterator would pass all that was deleted before', () => {
    const aged = new AgeOrderedMap<number>();
    for (let added = 0; added < 100; added += 1) aged.set(`old-${added}`, added);
    const began = jest.spyOn(Map.prototype, 'keys');
    try {
      for (let added = 0; added < 1_000; added += 1) {
        aged.delete(aged.oldestKey as string);
        aged.set(`new-${added}`, added);
      }
      expect(began).not.toHaveBeenCalled();
    } finally {
      began.mockRestore();
    }
    expect([aged.size, aged.oldestKey]).toEqual([100, 'new-900']);
  });
});
