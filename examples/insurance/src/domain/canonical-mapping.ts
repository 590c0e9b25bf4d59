import {
  type CanonicalPolicy,
  type CoverageType,
  decimalOf,
  frozen,
  type PolicyStatus,
  SCHEMA_VERSION,
} from './canonical-policy.js';
import { isDay } from './dates.js';
import type { LegacyPolicy } from './legacy-policy.js';

export const PRODUCTS: ReadonlyMap<string, { readonly policyType: string; readonly coverage: CoverageType }> = new Map([
  ['TERM-LIFE', { policyType: 'term_life', coverage: 'life' }],
  ['WHOLE-LIFE', { policyType: 'whole_life', coverage: 'life' }],
  ['VAR-LIFE', { policyType: 'variable_life', coverage: 'life' }],
  ['MEDIPLUS', { policyType: 'supplementary_health', coverage: 'health' }],
  ['HOMEGUARD', { policyType: 'home', coverage: 'property' }],
  ['UMBRELLA', { policyType: 'personal_liability', coverage: 'liability' }],
]);

export const STATUSES: ReadonlyMap<string, PolicyStatus> = new Map([
  ['A', 'active'],
  ['L', 'inactive'],
  ['P', 'pending'],
  ['C', 'cancelled'],
  ['X', 'expired'],
]);

export const FREQUENCIES: ReadonlySet<string> = new Set(['monthly', 'quarterly', 'annual']);

export interface Mapping {
  readonly canonical: CanonicalPolicy;
  /** Share of the source's values that the canonical policy could take over, 0 to 1, two decimals. */
  readonly confidence: number;
  /** Columns that could not be read. */
  readonly lost: readonly (keyof LegacyPolicy)[];
}

/** Counts what is taken over from the source, and names what is not. */
class Reading {
  taken = 0;
  readonly lost: (keyof LegacyPolicy)[] = [];

  take<T>(column: keyof LegacyPolicy, value: T | null | undefined): T | null {
    if (value === null || value === undefined) {
      this.lost.push(column);
      return null;
    }
    this.taken += 1;
    return value;
  }

  /** The elements of a packed column; one that cannot be read loses the column. */
  list<T>(column: keyof LegacyPolicy, packed: string, read: (element: string) => T | null): readonly T[] {
    if (packed === '') return [];
    const elements = packed.split(';').map(read);
    const readable = elements.filter((element): element is Awaited<T> & T => element !== null);
    this.take(column, readable.length === elements.length ? true : null);
    return readable;
  }
}

/** Maps a legacy row to the canonical policy. Nothing is guessed: what cannot be read is null, and lowers the confidence. */
export function mapToCanonical(row: LegacyPolicy): Mapping {
  const reading = new Reading();
  const product = reading.take('product', PRODUCTS.get(row.product));
  const amount = (column: AmountColumn) => {
    const cents = reading.take(column, row[column]);
    return cents === null ? null : decimalOf(cents);
  };
  const canonical: CanonicalPolicy = {
    schema_version: SCHEMA_VERSION,
    policy_core: coreOf(row, product?.policyType ?? null, reading),
    coverage_sections: sectionsOf(product?.coverage ?? null, amount, reading),
    rating_components: {
      premium_amount: amount('premium_cents'),
      frequency: reading.take('premium_frequency', known(FREQUENCIES, row.premium_frequency)),
      factors: [{ factor: 'payment_plan', value: row.payment_plan }],
    },
    payments: reading.list('payment_history', row.payment_history, paymentOf),
    correspondence: reading.list('letters', row.letters, letterOf),
    endorsements: reading.list('endorsement_codes', row.endorsement_codes, (code) => (code === '' ? null : { code })),
    claims_links: reading.list('claim_numbers', row.claim_numbers, (claim) =>
      claim === '' ? null : { claim_id: claim },
    ),
  };
  const confidence = Math.round((100 * reading.taken) / (reading.taken + reading.lost.length)) / 100;
  return frozen({ canonical, confidence, lost: reading.lost });
}

type AmountColumn = 'coverage_limit_cents' | 'deductible_cents' | 'premium_cents';

/** The amounts of an unknown product have no section to stand in: they are lost with it. */
function sectionsOf(
  coverage: CoverageType | null,
  amount: (column: AmountColumn) => string | null,
  reading: Reading,
): CanonicalPolicy['coverage_sections'] {
  if (coverage !== null) {
    const limits = { amount: amount('coverage_limit_cents') };
    return [{ coverage_type: coverage, limits, deductibles: { amount: amount('deductible_cents') } }];
  }
  reading.lost.push('coverage_limit_cents', 'deductible_cents');
  return [];
}

function coreOf(row: LegacyPolicy, policyType: string | null, reading: Reading): CanonicalPolicy['policy_core'] {
  const day = (column: 'effective_date' | 'expiration_date' | 'issue_date' | 'holder_birth_date') =>
    reading.take(column, isDay(row[column]) ? row[column] : null);
  return {
    policy_id: row.policy_id,
    status: reading.take('status_code', STATUSES.get(row.status_code)),
    effective_date: day('effective_date'),
    expiration_date: day('expiration_date'),
    issue_date: day('issue_date'),
    policy_type: policyType,
    carrier: reading.take('carrier', stated(row.carrier)),
    insured_party: { name: reading.take('holder_name', stated(row.holder_name)), birth_date: day('holder_birth_date') },
    agent_info: { agent_id: reading.take('agent_id', stated(row.agent_id)) },
  };
}

/** Legacy systems fill what they do not know with blanks. */
export const stated = (text: string | null): string | null => (text === null || text.trim() === '' ? null : text);

const known = (values: ReadonlySet<string>, value: string | null): string | null =>
  value !== null && values.has(value) ? value : null;

/** Two parts and nothing behind them: what a third one says would be dropped. */
const partsOf = (element: string): readonly [day: string, rest: string] | null => {
  const [day = '', rest = '', ...more] = element.split(':');
  return isDay(day) && more.length === 0 ? [day, rest] : null;
};

function paymentOf(element: string): CanonicalPolicy['payments'][number] | null {
  const [day, cents] = partsOf(element) ?? ['', ''];
  return /^\d{1,12}$/.test(cents) ? { paid_on: day, amount: decimalOf(Number(cents)) } : null;
}

function letterOf(element: string): CanonicalPolicy['correspondence'][number] | null {
  const [day, kind] = partsOf(element) ?? ['', ''];
  return stated(kind) === null ? null : { sent_on: day, kind };
}
