import { artifactIdOf } from '@intendant/participant';
import type { Location, MigrationStatus } from '../domain/tracking.js';
import { payloadOf, resultOf, type Step } from './step.js';

interface Place {
  readonly location: Location;
  readonly migrationStatus: MigrationStatus;
  readonly waveId: string | null;
}

/** What the tracker says, or where a policy is that no wave has ever taken up. */
const PLACES = `SELECT asked.value AS policyId,
    coalesce(k.location, iif(l.policy_id IS NULL, 'unknown', 'legacy_system')) AS location,
    coalesce(k.migration_status, 'not_started') AS migrationStatus, k.wave_id AS waveId
  FROM json_each(?) AS asked
  LEFT JOIN tracked_policies AS k ON k.policy_id = asked.value
  LEFT JOIN legacy.policies AS l ON l.policy_id = asked.value`;

/** Tells where policies are. */
export const locatePolicies: Step = (call) => {
  const { policyIds } = payloadOf<{ policyIds: readonly string[] }>(call);
  const policies = call.systems
    .all<Place & { policyId: string }>(PLACES, JSON.stringify(policyIds))
    .map(({ policyId, location, migrationStatus, waveId }) => ({ policyId, location, migrationStatus, waveId }));
  const artifactId = artifactIdOf('places', call.context.executionId);
  return resultOf(
    { artifactId, resultType: 'policy_places', semanticPayload: { policies } },
    'insurance.policies_located',
  );
};
