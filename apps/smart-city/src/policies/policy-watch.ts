import type { PolicyRevisions } from '@intendant/intent-model';
import { interval, map, merge, type Observable, startWith } from 'rxjs';
import type { PolicyDecider } from './policy-decider.js';
import type { TenantPolicies } from './tenant-policies.js';

/** The longest silence of a watch, so that its reader can tell an idle watch from a dead one. */
const REPEAT_MS = 5_000;

type Age = Pick<PolicyDecider, 'policyAgeMs' | 'isOutOfDate'>;

/** The active revisions, and how old they are: at once, after every change, and every five seconds. */
export const watchRevisions = (policies: TenantPolicies, age: Age): Observable<PolicyRevisions> =>
  merge(policies.changes, interval(REPEAT_MS)).pipe(
    startWith(undefined),
    map(() => revisionsOf(policies, age)),
  );

function revisionsOf(policies: TenantPolicies, { policyAgeMs, isOutOfDate }: Age): PolicyRevisions {
  const revisions: PolicyRevisions['revisions'] = Object.create(null);
  for (const { tenantId, revision, digest } of policies.all()) revisions[tenantId] = { revision, digest };
  const checkedAt = new Date(policies.checkedAtMs).toISOString();
  // below 0 after its clock was set back
  return { revisions, checkedAt, ageMs: Math.max(0, policyAgeMs), isOutOfDate };
}
