import { StepFailure } from '@intendant/participant';
import type { CanonicalPolicy } from '../domain/canonical-policy.js';
import type { LegacyPolicy } from '../domain/legacy-policy.js';
import type { Route } from '../domain/routing-rules.js';
import type { TenantSystems } from '../systems/tenant-systems.js';

/** Policies that a failure or a finding names; beyond that it gives their number only. */
export const NAMED_MAX = 100;

/** A policy of a wave or an extraction, as far as it has come. */
export interface MemberRow {
  readonly policy_id: string;
  readonly record: string;
  readonly score: number;
  readonly canonical: string | null;
  readonly canonical_digest: string | null;
  readonly confidence: number | null;
  readonly route: Route | null;
  readonly position: number | null;
}

export interface SetRow {
  readonly set_id: string;
  readonly kind: 'wave' | 'extraction';
  readonly execution_id: string;
  readonly wave_number: number | null;
  readonly wave_status: string | null;
  readonly gates: string | null;
}

/** A wave or an extraction that is there; it is not once it was taken back. */
export function setNamed(systems: TenantSystems, setId: string): SetRow {
  const found = systems.first<SetRow>('SELECT * FROM ingested_sets WHERE set_id = ?', setId);
  if (found !== undefined) return found;
  throw new StepFailure('set_not_found', `nothing was ingested as ${setId}`, { details: { setId } });
}

/** A wave whose policies are where their routes say, or on the way there: of any other there is nothing to check. */
export function migratedWave(systems: TenantSystems, waveId: string): SetRow {
  const wave = setNamed(systems, waveId);
  if (wave.wave_status === 'in_progress' || wave.wave_status === 'completed') return wave;
  throw new StepFailure('wave_not_migrated', `the wave is ${wave.wave_status}`, {
    details: { waveId, waveStatus: wave.wave_status },
  });
}

export const membersOf = (systems: TenantSystems, setId: string): readonly MemberRow[] =>
  systems.all<MemberRow>('SELECT * FROM members WHERE set_id = ? ORDER BY policy_id', setId);

export const recordOf = (member: MemberRow): LegacyPolicy => JSON.parse(member.record) as LegacyPolicy;

export function canonicalOf(member: MemberRow): CanonicalPolicy {
  if (member.canonical !== null) return JSON.parse(member.canonical) as CanonicalPolicy;
  throw new StepFailure('not_mapped', `${member.policy_id} has not been mapped`, {
    details: { policyId: member.policy_id },
  });
}

/** Policy ids as the details of a failure carry them. */
export const named = (policyIds: readonly string[]) => ({
  policyIds: policyIds.slice(0, NAMED_MAX),
  policyCount: policyIds.length,
});
