import type { PolicyRevisions } from '@intendant/intent-model';
import { interval, map, merge, type Observable, startWith } from 'rxjs';
import type { TenantPolicies } from './tenant-policies.js';

/** The longest silence of a watch, so that its reader can tell an idle watch from a dead one. */
const REPEAT_MS = 5_000;

/** The active revisions: at once, after every change, and every five seconds. */
export const watchRevisions = (policies: TenantPolicies): Observable<PolicyRevisions> =>
  merge(policies.changes, interval(REPEAT_MS)).pipe(
    startWith(undefined),
    map(() => revisionsOf(policies)),
  );

function revisionsOf(policies: TenantPolicies): PolicyRevisions {
  const revisions: PolicyRevisions['revisions'] = Object.create(null);
  for (const { tenantId, revision, digest } of policies.all()) revisions[tenantId] = { revision, digest };
  return { revisions, checkedAt: new Date(policies.checkedAtMs).toISOString() };
}
