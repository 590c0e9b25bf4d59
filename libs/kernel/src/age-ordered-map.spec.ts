import { describe, expect, test } from '@jest/globals';
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

  test('one that comes for each that goes costs a small part of what it costs a map', () => {
    const churnMs = (map: Map<string, number>, oldestOf: () => string): number => {
      for (let added = 0; added < 10_000; added += 1) map.set(`old-${added}`, added);
      const startedMs = performance.now();
      for (let added = 0; added < 10_000; added += 1) {
        map.delete(oldestOf());
        map.set(`new-${added}`, added);
      }
      return performance.now() - startedMs;
    };
    const aged = new AgeOrderedMap<number>();
    const plain = new Map<string, number>();
    const agedMs = churnMs(aged, () => aged.oldestKey as string);
    expect(agedMs).toBeLessThan(churnMs(plain, () => plain.keys().next().value as string) / 4);
  });
});
