import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ROUTES } from './routing-rules.js';
import { inExecutionOrder, SLICE_MAX, slicesOf } from './slices.js';

const anyWave = fc.array(fc.record({ route: fc.constantFrom(...ROUTES), id: fc.nat() }), { maxLength: 300 });

describe('the slices of a wave', () => {
  it('cover every place once, in order, one route each, none too long', () => {
    fc.assert(
      fc.property(anyWave, (policies) => {
        const ordered = inExecutionOrder(policies);
        const places = slicesOf(ordered).flatMap(({ route, firstPosition, lastPosition }) => {
          expect(lastPosition - firstPosition).toBeLessThan(SLICE_MAX);
          const positions = Array.from({ length: lastPosition - firstPosition + 1 }, (_, at) => firstPosition + at);
          expect(positions.every((position) => ordered[position]?.route === route)).toBe(true);
          return positions;
        });
        expect(places).toEqual(ordered.map((_policy, position) => position));
        expect(new Set(ordered)).toEqual(new Set(policies));
        expect(ordered).toHaveLength(policies.length);
      }),
    );
  });
});
