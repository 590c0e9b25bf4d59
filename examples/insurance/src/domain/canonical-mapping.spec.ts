import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { legacyPolicies } from '../../../data/insurance/make-policies.mjs';
import { mapToCanonical } from './canonical-mapping.js';
import { centsOf, decimalOf, fieldOf } from './canonical-policy.js';
import { dataQualityScoreOf, defectsOf } from './data-quality.js';
import { isDay } from './dates.js';
import { type LegacyPolicy, legacyFault } from './legacy-policy.js';

const rows = legacyPolicies({ count: 300 }) as LegacyPolicy[];
const clean = rows.find((row) => defectsOf(row).length === 0) as LegacyPolicy;

/** Rows with columns exchanged for something else, as legacy systems have them. */
const anyRow: fc.Arbitrary<LegacyPolicy> = fc
  .tuple(
    fc.constantFrom(...rows),
    fc.record(
      {
        product: fc.constantFrom('UMBRELLA', 'WARRANTY', ''),
        status_code: fc.constantFrom('A', '?', 'toString'),
        effective_date: fc.constantFrom('2020-02-29', '2019-02-29', '20200101', null),
        premium_cents: fc.option(fc.integer({ min: -5, max: 9_999_999 })),
        premium_frequency: fc.constantFrom('monthly', 'weekly', null),
        payment_history: fc.constantFrom('', '2023-01-15:100', '2023-01-15:100;;', 'x', '2023-01-15:1.5'),
        claim_numbers: fc.constantFrom('', 'CLM-1', ';'),
        holder_name: fc.option(fc.string({ maxLength: 20 })),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([row, change]) => ({ ...row, ...change }));

describe('mapping to the canonical policy', () => {
  it('gives seven parts, frozen all the way down', () => {
    const { canonical, confidence, lost } = mapToCanonical(clean);
    expect(Object.keys(canonical)).toEqual([
      'schema_version',
      'policy_core',
      'coverage_sections',
      'rating_components',
      'payments',
      'correspondence',
      'endorsements',
      'claims_links',
    ]);
    expect([confidence, lost]).toEqual([1, []]);
    expect(Object.isFrozen(canonical.policy_core.insured_party)).toBe(true);
    expect(() => Object.assign(canonical.coverage_sections[0] ?? {}, { coverage_type: 'life' })).toThrow(TypeError);
  });

  it('invents nothing: what it states stands in the row', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const { canonical, lost } = mapToCanonical(row);
        const { policy_core: core, rating_components: rating } = canonical;
        expect([null, row.effective_date]).toContain(core.effective_date);
        expect(core.insured_party.name).toBe(row.holder_name?.trim() ? row.holder_name : null);
        const stated = rating.premium_amount;
        expect(stated === null ? null : centsOf(stated)).toBe(row.premium_cents);
        expect(core.effective_date !== null).toBe(isDay(row.effective_date));
        expect(lost.includes('effective_date')).toBe(!isDay(row.effective_date));
      }),
    );
  });

  it('takes blanks for no value', () => {
    const { canonical, lost } = mapToCanonical({ ...clean, carrier: '', holder_name: '   ', agent_id: '\t' });
    const { carrier, insured_party, agent_info } = canonical.policy_core;
    expect([carrier, insured_party.name, agent_info.agent_id]).toEqual([null, null, null]);
    expect(lost).toEqual(['carrier', 'holder_name', 'agent_id']);
  });

  it.each<[Partial<LegacyPolicy>]>([
    [{ payment_history: '2024-01-15:12500:REVERSED' }],
    [{ letters: '2024-01-02:ANNUAL:STATEMENT' }],
    [{ letters: '2024-01-02: ' }],
  ])('reads no element of %j in part', (change) => {
    const { canonical, confidence, lost } = mapToCanonical({ ...clean, payment_history: '', letters: '', ...change });
    expect([canonical.payments, canonical.correspondence]).toEqual([[], []]);
    expect(lost).toEqual(Object.keys(change));
    expect(confidence).toBeLessThan(1);
  });

  it('counts the amounts of an unknown product as lost, as it cannot take them over', () => {
    const lists = { payment_history: '', letters: '', endorsement_codes: '', claim_numbers: '' };
    const { canonical, confidence, lost } = mapToCanonical({ ...clean, ...lists, product: 'WARRANTY' });
    expect(canonical.coverage_sections).toEqual([]);
    expect([lost, confidence]).toEqual([['product', 'coverage_limit_cents', 'deductible_cents'], 0.77]);
  });

  it('is the same for the same row, and surer the less was lost', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const { confidence, lost } = mapToCanonical(row);
        expect(mapToCanonical(structuredClone(row))).toEqual(mapToCanonical(row));
        expect(confidence === 1).toBe(lost.length === 0);
        expect(confidence).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('finds fields by path, and nothing that every object has', () => {
    const { canonical } = mapToCanonical(clean);
    expect(fieldOf(canonical, 'policy_core.policy_id')).toBe(clean.policy_id);
    expect(fieldOf(canonical, 'policy_core.constructor.name')).toBeUndefined();
    expect(fieldOf(canonical, 'policy_core.nothing.here')).toBeUndefined();
  });
});

describe('the score of a row', () => {
  it('is between 0 and 1, and 1 exactly when nothing is wrong', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const score = dataQualityScoreOf(row);
        expect(score >= 0 && score <= 1).toBe(true);
        expect(score === 1).toBe(defectsOf(row).length === 0);
      }),
    );
  });
});

describe('the defects of a row', () => {
  it.each<[Partial<LegacyPolicy>, string[]]>([
    [{ carrier: '' }, ['carrier_missing']],
    [{ holder_name: '  ' }, ['holder_missing']],
    [{ agent_id: '' }, ['agent_missing']],
    [{ deductible_cents: -5 }, ['deductible_negative']],
    [{ deductible_cents: 0 }, []],
    [{ deductible_cents: null }, []],
    [{ holder_birth_date: '2999-01-01' }, ['birth_date_invalid']],
    [{ holder_birth_date: clean.issue_date }, []],
  ])('with %j are %j', (change, defects) => {
    expect(defectsOf({ ...clean, ...change }).map(({ defect }) => defect)).toEqual(defects);
  });
});

describe('amounts', () => {
  it('are exact in both directions', () => {
    expect([decimalOf(0), decimalOf(5), decimalOf(-1_250)]).toEqual(['0.00', '0.05', '-12.50']);
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (cents) => {
        expect(centsOf(decimalOf(cents))).toBe(cents);
      }),
    );
  });
});

describe('a row from outside', () => {
  it('is taken when it is one, and refused with the place when not', () => {
    expect(rows.map(legacyFault).filter((fault) => fault !== null)).toEqual([]);
    expect(legacyFault([])).toMatch(/no object/);
    expect(legacyFault({ ...clean, color: 'red' })).toMatch(/color/);
    expect(legacyFault({ ...clean, product: null })).toMatch(/product/);
    expect(legacyFault({ ...clean, premium_cents: 1.5 })).toMatch(/premium_cents/);
    expect(legacyFault({ ...clean, policy_id: 'a1' })).toMatch(/policy_id/);
  });
});
