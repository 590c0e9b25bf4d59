// Makes rows of a legacy insurance system: `node examples/data/insurance/make-policies.mjs` writes policies.jsonl again,
// with `--count n` n rows to standard output. The same on every run: nothing comes from clock or machine.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const GOLDEN_COUNT = 100;

/** Seeded generator of whole numbers below a bound (xorshift32). */
function seeded(seed) {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

const FIRST = 'Ada Bruno Chen Dalia Emeka Freya Goran Hana Ivo Jana Kofi Lena Milan Noor Oskar Priya'.split(' ');
const LAST = 'Abel Brandt Castillo Dubois Eriksen Fischer Gruber Haddad Ivanova Jensen Kowalski Lindgren'.split(' ');
const PRODUCTS = ['TERM-LIFE', 'WHOLE-LIFE', 'VAR-LIFE', 'MEDIPLUS', 'HOMEGUARD', 'UMBRELLA'];
const STATUSES = ['A', 'A', 'A', 'A', 'L', 'P', 'C', 'X'];
const FREQUENCIES = ['monthly', 'monthly', 'quarterly', 'annual'];
const LETTERS = 'ABCDEFGH';

const pad = (number, digits) => String(number).padStart(digits, '0');
const dayIn = (next, firstYear, years) => `${firstYear + next(years)}-${pad(1 + next(12), 2)}-${pad(1 + next(28), 2)}`;
const later = (day, years) => `${Number(day.slice(0, 4)) + years}${day.slice(4)}`;
const packed = (next, count, element) => Array.from({ length: next(count) }, (_, index) => element(index)).join(';');

/** A row without a defect. */
function cleanRow(next, index) {
  const issued = dayIn(next, 2000, 20);
  const premium = 2_500 + next(60_000);
  return {
    policy_id: `${LETTERS[next(LETTERS.length)]}${pad(index + 1, 6)}`,
    product: PRODUCTS[next(PRODUCTS.length)],
    status_code: STATUSES[next(STATUSES.length)],
    payment_plan: ['direct-debit', 'invoice'][next(2)],
    carrier: ['Atlantic Life', 'Harbor Mutual'][next(2)],
    holder_name: `${FIRST[next(FIRST.length)]} ${LAST[next(LAST.length)]}`,
    holder_birth_date: dayIn(next, 1940, 55),
    agent_id: `AG-${pad(1 + next(40), 3)}`,
    issue_date: issued,
    effective_date: issued,
    expiration_date: later(issued, 30),
    coverage_limit_cents: 1_000_000 * (5 + next(95)),
    deductible_cents: 10_000 * next(20),
    premium_cents: premium,
    premium_frequency: FREQUENCIES[next(FREQUENCIES.length)],
    payment_history: packed(next, 4, (at) => `2023-0${at + 1}-15:${premium}`),
    letters: packed(next, 3, (at) => `2023-0${at + 2}-01:ANNUAL-STATEMENT`),
    endorsement_codes: packed(next, 3, (at) => `RIDER-${at + 1}`),
    claim_numbers: packed(next, 2, () => `CLM-${pad(next(1_000_000), 6)}`),
  };
}

/** What is wrong with some rows; only what no rule sends to the new platform may score below 0.8. */
function spoiled(row, next) {
  const isForNewPlatform = 'ABC'.includes(row.policy_id[0]);
  switch (next(10)) {
    case 0:
      return { ...row, agent_id: null };
    case 1:
      return { ...row, letters: 'spring:???' };
    case 2:
      return isForNewPlatform ? row : { ...row, payment_plan: 'legacy-only' };
    case 3:
      return isForNewPlatform ? row : { ...row, holder_name: null, agent_id: null };
    case 4:
      return isForNewPlatform ? row : { ...row, effective_date: '2019-13-45', premium_frequency: 'weekly' };
    default:
      return row;
  }
}

/**
 * Rows in the order of their numbers. The first letter of an id says where the rules send it.
 * @param {{ count: number, seed?: number }} options
 */
export function legacyPolicies({ count, seed = 1_912 }) {
  const next = seeded(seed);
  return Array.from({ length: count }, (_, index) => spoiled(cleanRow(next, index), next));
}

/** @param {readonly object[]} rows */
export const jsonLines = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const at = process.argv.indexOf('--count');
  if (at !== -1) process.stdout.write(jsonLines(legacyPolicies({ count: Number(process.argv[at + 1]) })));
  else writeFileSync(new URL('policies.jsonl', import.meta.url), jsonLines(legacyPolicies({ count: GOLDEN_COUNT })));
}
