import { artifactIdOf, StepFailure } from '@intendant/participant';
import type { TenantSystems } from '../systems/tenant-systems.js';
import { named, setNamed } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';

/** What each system and the tracker must say of a policy whose route was carried out. */
const MISPLACED = `
  SELECT m.policy_id FROM members AS m
  LEFT JOIN legacy.policies AS l USING (policy_id)
  LEFT JOIN target.policies AS t USING (policy_id)
  LEFT JOIN tracked_policies AS k USING (policy_id)
  LEFT JOIN quality_queue AS q USING (policy_id)
  WHERE m.set_id = ? AND 0 = coalesce(
    k.migration_status IN ('completed', 'validated') AND CASE m.route
      WHEN 'NewPlatformAPI' THEN
        l.owned = 0 AND coalesce(t.owned, 0) = 1 AND t.document_digest = m.canonical_digest AND k.location = 'new_system'
      WHEN 'CoexistenceBridge' THEN
        l.owned = 1 AND coalesce(t.owned, 1) = 0 AND t.document_digest = m.canonical_digest AND k.location = 'coexistence'
      WHEN 'DataQualityQueue' THEN
        l.owned = 1 AND t.policy_id IS NULL AND q.policy_id IS NOT NULL AND k.location = 'legacy_system'
      ELSE l.owned = 1 AND t.policy_id IS NULL AND k.location = 'legacy_system' END, 0)
  ORDER BY m.policy_id`;

/** Policies of a wave that are not where their route says. */
export const misplacedIn = (systems: TenantSystems, waveId: string): readonly string[] =>
  systems.all<{ policy_id: string }>(MISPLACED, waveId).map(({ policy_id }) => policy_id);

/** Holds every policy of a wave against its route, in all systems, and closes the wave. */
export const validateMigration: Step = (call) => {
  const { waveId } = payloadOf<{ waveId: string }>(call);
  const { systems, context } = call;
  return call.effects.apply(waveId, () => {
    setNamed(systems, waveId);
    const misplaced = misplacedIn(systems, waveId);
    if (misplaced.length > 0)
      throw new StepFailure('migration_invalid', `${misplaced.length} policies are not where their route says`, {
        details: named(misplaced),
      });
    const policyCount = systems.run(
      `UPDATE tracked_policies SET migration_status = 'validated' WHERE wave_id = ?`,
      waveId,
    );
    systems.run(`UPDATE ingested_sets SET wave_status = 'completed' WHERE set_id = ?`, waveId);
    const finding = { policyCount, misplaced: 0 };
    keepVerdict(systems, context.idempotencyKey, waveId, 'migration', finding);
    const artifactId = artifactIdOf('validation', context.executionId, context.stepId);
    return resultOf(
      { artifactId, resultType: 'migration_validation', semanticPayload: finding, parents: [waveId] },
      'insurance.wave_completed',
    );
  });
};

export const keepVerdict = (
  systems: TenantSystems,
  key: string,
  setId: string,
  kind: 'schema' | 'migration' | 'quality' | 'reconciliation' | 'report',
  finding: object,
): number => systems.run('INSERT INTO verdicts VALUES (?, ?, ?, ?)', key, setId, kind, JSON.stringify(finding));

export const dropVerdict = (systems: TenantSystems, key: string): number =>
  systems.run('DELETE FROM verdicts WHERE effect_key = ?', key);

/** Takes a verdict back; a wave that it closed is open again. */
export const revertValidation: Step = ({ systems, effects }) =>
  effects.undo(({ key, setId }) => {
    dropVerdict(systems, key);
    systems.run(
      `UPDATE tracked_policies SET migration_status = 'completed' WHERE wave_id = ? AND migration_status = 'validated'`,
      setId,
    );
    systems.run(
      `UPDATE ingested_sets SET wave_status = 'in_progress' WHERE set_id = ? AND wave_status = 'completed'`,
      setId,
    );
  });
