/** A row of the legacy system, as it stands there: columns may be empty or wrong, packed ones hold lists. */
export interface LegacyPolicy {
  readonly policy_id: string;
  readonly product: string;
  readonly status_code: string;
  readonly payment_plan: string;
  readonly carrier: string | null;
  readonly holder_name: string | null;
  readonly holder_birth_date: string | null;
  readonly agent_id: string | null;
  readonly issue_date: string | null;
  readonly effective_date: string | null;
  readonly expiration_date: string | null;
  readonly coverage_limit_cents: number | null;
  readonly deductible_cents: number | null;
  readonly premium_cents: number | null;
  readonly premium_frequency: string | null;
  /** `2024-01-15:12500;2024-02-15:12500`: day and cents. */
  readonly payment_history: string;
  /** `2024-01-02:ANNUAL-STATEMENT` */
  readonly letters: string;
  /** `RIDER-ADB;RIDER-WP` */
  readonly endorsement_codes: string;
  /** `CLM-1;CLM-2` */
  readonly claim_numbers: string;
}

export const TEXT_COLUMNS = [
  'policy_id',
  'product',
  'status_code',
  'payment_plan',
  'carrier',
  'holder_name',
  'holder_birth_date',
  'agent_id',
  'issue_date',
  'effective_date',
  'expiration_date',
  'premium_frequency',
  'payment_history',
  'letters',
  'endorsement_codes',
  'claim_numbers',
] as const satisfies readonly (keyof LegacyPolicy)[];

export const NUMBER_COLUMNS = [
  'coverage_limit_cents',
  'deductible_cents',
  'premium_cents',
] as const satisfies readonly (keyof LegacyPolicy)[];

export const LEGACY_COLUMNS: readonly (keyof LegacyPolicy)[] = [...TEXT_COLUMNS, ...NUMBER_COLUMNS];

const REQUIRED: ReadonlySet<string> = new Set([
  'policy_id',
  'product',
  'status_code',
  'payment_plan',
  'payment_history',
  'letters',
  'endorsement_codes',
  'claim_numbers',
]);

/** Where `given` is no row of the legacy system; null when it is one. */
export function legacyFault(given: unknown): string | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'it is no object';
  const row = given as Record<string, unknown>;
  const unknown = Object.keys(row).find((name) => !(LEGACY_COLUMNS as readonly string[]).includes(name));
  if (unknown !== undefined) return `there is no column ${unknown}`;
  for (const name of TEXT_COLUMNS) {
    const value = row[name];
    if (value === null && !REQUIRED.has(name)) continue;
    if (typeof value !== 'string' || value.length > 4_000) return `${name} is no text`;
  }
  for (const name of NUMBER_COLUMNS)
    if (row[name] !== null && !Number.isSafeInteger(row[name])) return `${name} is no whole number`;
  return /^[A-Z][A-Z0-9-]{1,31}$/.test(String(row['policy_id'])) ? null : 'policy_id is malformed';
}
