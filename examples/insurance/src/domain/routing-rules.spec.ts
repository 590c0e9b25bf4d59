import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matchesGlob, ROUTING_RULES, type RoutingSubject, ruleFor } from './routing-rules.js';

const subject = (policy_id: string, payment_plan: string, data_quality_score: number): RoutingSubject => ({
  policy_id,
  payment_plan,
  data_quality_score,
});

const anySubject = fc.record({
  policy_id: fc.stringMatching(/^[A-Z][A-Z0-9-]{1,12}$/),
  payment_plan: fc.constantFrom('legacy-only', 'invoice', 'direct-debit'),
  data_quality_score: fc.integer({ min: 0, max: 100 }).map((hundredths) => hundredths / 100),
});

describe('routing', () => {
  it.each<[RoutingSubject, string]>([
    [subject('A000001', 'invoice', 1), 'NewPlatformAPI'],
    [subject('C', 'legacy-only', 0.1), 'NewPlatformAPI'],
    [subject('D000001', 'legacy-only', 0.1), 'LegacyBatch'],
    [subject('D000001', 'invoice', 0.79), 'DataQualityQueue'],
    [subject('D000001', 'invoice', 0.8), 'CoexistenceBridge'],
    [subject('ZA00001', 'legacy-onlyish', 1), 'CoexistenceBridge'],
  ])('sends %j to %s', (given, route) => {
    expect(ruleFor(given)?.route).toBe(route);
  });

  it('finds a route for every policy, whatever the order in which the rules are listed', () => {
    fc.assert(
      fc.property(anySubject, fc.shuffledSubarray([...ROUTING_RULES], { minLength: 4 }), (given, rules) => {
        expect(ruleFor(given, rules)).toEqual(ruleFor(given));
        expect(ruleFor(given)).toBeDefined();
      }),
    );
  });

  it('takes a lower rule only when no higher one matches', () => {
    fc.assert(
      fc.property(anySubject, (given) => {
        const chosen = ruleFor(given)?.priority ?? 0;
        const higher = ROUTING_RULES.filter(({ priority }) => priority < chosen);
        expect(ruleFor(given, higher)).toBeUndefined();
      }),
    );
  });
});

describe('a glob', () => {
  it.each([
    ['A1', 'A*', true],
    ['BA1', 'A*', false],
    ['A', 'A*', true],
    ['A1', 'A?', true],
    ['A12', 'A?', false],
    ['A.1', 'A.1', true],
    ['AX1', 'A.1', false],
    ['A\n1', 'A*1', true],
  ])('%j against %j: %j', (text, glob, matches) => {
    expect(matchesGlob(text, glob)).toBe(matches);
  });

  it('without a wildcard is the text itself', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        const plain = other.replaceAll(/[*?]/g, '');
        expect(matchesGlob(text, plain)).toBe(text === plain);
        expect(matchesGlob(plain, plain)).toBe(true);
      }),
    );
  });
});
