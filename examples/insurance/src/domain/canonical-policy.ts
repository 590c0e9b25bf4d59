/** The canonical policy, version 1.0.0: seven parts, frozen. Amounts are exact decimal text. */
export const SCHEMA_VERSION = '1.0.0';

export type PolicyStatus = 'active' | 'inactive' | 'pending' | 'cancelled' | 'expired';
export type CoverageType = 'life' | 'health' | 'property' | 'liability';

export interface PolicyCore {
  readonly policy_id: string;
  readonly status: PolicyStatus | null;
  readonly effective_date: string | null;
  readonly expiration_date: string | null;
  readonly issue_date: string | null;
  readonly policy_type: string | null;
  readonly carrier: string | null;
  readonly insured_party: { readonly name: string | null; readonly birth_date: string | null };
  readonly agent_info: { readonly agent_id: string | null };
}

export interface CoverageSection {
  readonly coverage_type: CoverageType;
  readonly limits: { readonly amount: string | null };
  readonly deductibles: { readonly amount: string | null };
}

export interface CanonicalPolicy {
  readonly schema_version: typeof SCHEMA_VERSION;
  readonly policy_core: PolicyCore;
  readonly coverage_sections: readonly CoverageSection[];
  readonly rating_components: {
    readonly premium_amount: string | null;
    readonly frequency: string | null;
    readonly factors: readonly { readonly factor: string; readonly value: string }[];
  };
  readonly payments: readonly { readonly paid_on: string; readonly amount: string }[];
  readonly correspondence: readonly { readonly sent_on: string; readonly kind: string }[];
  readonly endorsements: readonly { readonly code: string }[];
  readonly claims_links: readonly { readonly claim_id: string }[];
}

/** Cents as decimal text: 1250 is `12.50`. */
export function decimalOf(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The cents of decimal text that {@link decimalOf} made. */
export const centsOf = (decimal: string): number => Number(decimal.replace('.', ''));

/** What a dotted path such as `policy_core.insured_party.name` finds. */
export function fieldOf(policy: CanonicalPolicy, path: string): unknown {
  let found: unknown = policy;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** Nobody changes a canonical policy once it is made. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}
