import { artifactIdOf, StepFailure } from '@intendant/participant';
import { centsOf, SCHEMA_VERSION } from '../domain/canonical-policy.js';
import { defectsOf } from '../domain/data-quality.js';
import { MOVING_ROUTES, type Route } from '../domain/routing-rules.js';
import type { Slice } from '../domain/slices.js';
import type { Location } from '../domain/tracking.js';
import { isSqlite, type TenantSystems } from '../systems/tenant-systems.js';
import { canonicalOf, type MemberRow, named, recordOf, setNamed } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';

interface ExecutePayload {
  readonly waveId: string;
  readonly batch: number;
  readonly slices: readonly Slice[];
}

/** Where a policy is owned, or also kept, once its route was carried out. */
const LOCATION_AFTER: Readonly<Record<Route, Location>> = {
  NewPlatformAPI: 'new_system',
  CoexistenceBridge: 'coexistence',
  LegacyBatch: 'legacy_system',
  DataQualityQueue: 'legacy_system',
};

/**
 * Carries out one batch of a wave. Legacy system, new system and tracker change in one transaction together with the
 * key of the step, so that a policy always has exactly one owner and is moved once, whoever is killed when.
 */
export const executeWave: Step = (call) => {
  const { waveId, batch, slices } = payloadOf<ExecutePayload>(call);
  const { systems, context } = call;
  return call.effects.apply(waveId, () => {
    setNamed(systems, waveId);
    const members = slices.flatMap((slice) => membersIn(systems, waveId, slice));
    const stopped = members.find(({ moved_by }) => moved_by !== null);
    if (stopped !== undefined)
      throw new StepFailure('already_moved', `${stopped.policy_id} was moved by another step`, {
        details: named([stopped.policy_id]),
      });
    for (const member of members) move(systems, waveId, member, context.idempotencyKey);
    systems.run(`UPDATE ingested_sets SET wave_status = 'in_progress' WHERE set_id = ?`, waveId);
    const artifactId = artifactIdOf('batch', context.executionId, context.stepId);
    const semanticPayload = { batch, policyCount: members.length };
    return resultOf(
      { artifactId, resultType: 'wave_batch', semanticPayload, parents: [waveId] },
      'insurance.batch_executed',
    );
  });
};

type MovableRow = MemberRow & { readonly moved_by: string | null };

const membersIn = (systems: TenantSystems, waveId: string, { firstPosition, lastPosition }: Slice) =>
  systems.all<MovableRow>(
    'SELECT * FROM members WHERE set_id = ? AND position BETWEEN ? AND ? ORDER BY position',
    waveId,
    firstPosition,
    lastPosition,
  );

function move(systems: TenantSystems, waveId: string, member: MemberRow, key: string): void {
  const { policy_id: policyId } = member;
  const route = member.route as Route;
  if (MOVING_ROUTES.has(route)) writeToTarget(systems, member, route === 'NewPlatformAPI');
  if (route === 'NewPlatformAPI') giveAway(systems, policyId);
  if (route === 'DataQualityQueue') {
    const defects = JSON.stringify(defectsOf(recordOf(member)).map(({ defect }) => defect));
    systems.run('INSERT INTO quality_queue VALUES (?, ?, ?)', policyId, waveId, defects);
  }
  systems.run('UPDATE members SET moved_by = ? WHERE set_id = ? AND policy_id = ?', key, waveId, policyId);
  systems.run(
    `UPDATE tracked_policies SET location = ?, migration_status = 'completed' WHERE policy_id = ?`,
    LOCATION_AFTER[route],
    policyId,
  );
  systems.run(
    `INSERT INTO movements (policy_id, movement, route, effect_key) VALUES (?, 'migrated', ?, ?)`,
    policyId,
    route,
    key,
  );
}

/** The new system judges by its own constraints; what it rejects is a final failure that names the policy. */
function writeToTarget(systems: TenantSystems, member: MemberRow, owned: boolean): void {
  const canonical = canonicalOf(member);
  const limit = canonical.coverage_sections[0]?.limits.amount ?? '0.00';
  try {
    systems.run(
      'INSERT INTO target.policies VALUES (?, ?, ?, ?, ?, ?)',
      member.policy_id,
      SCHEMA_VERSION,
      member.canonical,
      member.canonical_digest,
      centsOf(limit),
      owned ? 1 : 0,
    );
  } catch (error) {
    if (!isSqlite(error, 'SQLITE_CONSTRAINT')) throw error;
    throw new StepFailure('target_rejected', `the new system rejects ${member.policy_id}: ${error.message}`, {
      details: { ...named([member.policy_id]), constraint: error.message },
    });
  }
}

/** The legacy system gives a policy away only while it owns it. */
function giveAway(systems: TenantSystems, policyId: string): void {
  const changed = systems.run('UPDATE legacy.policies SET owned = 0 WHERE policy_id = ? AND owned = 1', policyId);
  if (changed === 1) return;
  throw new StepFailure('not_owned_by_legacy', `the legacy system does not own ${policyId}`, {
    details: named([policyId]),
  });
}
