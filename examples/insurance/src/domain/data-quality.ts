import { FREQUENCIES, mapToCanonical, PRODUCTS, STATUSES, stated } from './canonical-mapping.js';
import { isDay, isOrdered } from './dates.js';
import type { LegacyPolicy } from './legacy-policy.js';

export interface Defect {
  readonly defect: string;
  /** How much of the score it takes away, in hundredths. */
  readonly weight: number;
}

interface Check extends Defect {
  readonly isSound: (row: LegacyPolicy) => boolean;
}

const check = (defect: string, weight: number, isSound: (row: LegacyPolicy) => boolean): Check => ({
  defect,
  weight,
  isSound,
});
const isPositive = (cents: number | null): boolean => cents !== null && cents > 0;
/** Nobody is insured before the day of birth; a contract's day that cannot be read says nothing about it. */
const isBornInTime = ({ holder_birth_date: born, issue_date: issued }: LegacyPolicy): boolean =>
  isDay(born) && (!isDay(issued) || isOrdered(born, issued));

const CHECKS: readonly Check[] = [
  check('product_unknown', 25, (row) => PRODUCTS.has(row.product)),
  check('status_unknown', 10, (row) => STATUSES.has(row.status_code)),
  check('carrier_missing', 10, (row) => stated(row.carrier) !== null),
  check('holder_missing', 15, (row) => stated(row.holder_name) !== null),
  check('birth_date_invalid', 10, isBornInTime),
  check('agent_missing', 10, (row) => stated(row.agent_id) !== null),
  check('issue_date_invalid', 15, (row) => isDay(row.issue_date)),
  check('effective_date_invalid', 20, (row) => isDay(row.effective_date)),
  check('expiration_date_invalid', 15, (row) => isDay(row.expiration_date)),
  check('dates_out_of_order', 15, (row) => isOrdered(row.effective_date, row.expiration_date)),
  check('coverage_missing', 25, (row) => isPositive(row.coverage_limit_cents)),
  check('deductible_negative', 10, ({ deductible_cents: cents }) => cents === null || cents >= 0),
  check('premium_missing', 25, (row) => isPositive(row.premium_cents)),
  check('frequency_unknown', 10, (row) => FREQUENCIES.has(row.premium_frequency ?? '')),
  check('list_unreadable', 10, (row) => !mapToCanonical(row).lost.some((column) => LISTS.has(column))),
];

const LISTS: ReadonlySet<string> = new Set(['payment_history', 'letters', 'endorsement_codes', 'claim_numbers']);

/** What is wrong with a row, in the order of the checks. */
export const defectsOf = (row: LegacyPolicy): readonly Defect[] =>
  CHECKS.filter(({ isSound }) => !isSound(row)).map(({ defect, weight }) => ({ defect, weight }));

/** 1 for a row without a defect, never below 0. */
export const dataQualityScoreOf = (row: LegacyPolicy): number =>
  Math.max(0, 100 - defectsOf(row).reduce((sum, { weight }) => sum + weight, 0)) / 100;
