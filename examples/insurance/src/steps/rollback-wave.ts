import { StepFailure } from '@intendant/participant';
import type { TenantSystems } from '../systems/tenant-systems.js';
import { named } from './members.js';
import type { Step } from './step.js';

const MOVED = 'SELECT policy_id FROM members WHERE moved_by = ?';

/** Takes one batch back: its policies are the legacy system's alone again, as before. */
export const rollbackWave: Step = ({ systems, effects, context }) =>
  effects.undo(({ key, setId }) => {
    refuseHeld(systems, key);
    systems.run(
      `INSERT INTO movements (policy_id, movement, route, effect_key)
       SELECT policy_id, 'rolled_back', route, ? FROM members WHERE moved_by = ? ORDER BY position DESC`,
      context.idempotencyKey,
      key,
    );
    systems.run(
      `UPDATE legacy.policies SET owned = 1
       WHERE policy_id IN (SELECT policy_id FROM members WHERE moved_by = ? AND route = 'NewPlatformAPI')`,
      key,
    );
    systems.run(`DELETE FROM target.policies WHERE policy_id IN (${MOVED})`, key);
    systems.run(`DELETE FROM quality_queue WHERE policy_id IN (${MOVED})`, key);
    systems.run(
      `UPDATE tracked_policies SET location = 'legacy_system', migration_status = 'rolled_back' WHERE policy_id IN (${MOVED})`,
      key,
    );
    systems.run('UPDATE members SET moved_by = NULL WHERE moved_by = ?', key);
    systems.run(`UPDATE ingested_sets SET wave_status = 'rolled_back' WHERE set_id = ?`, setId);
  });

/** A policy under a legal hold may not leave the new system. Somebody can lift the hold, so asking again makes sense. */
function refuseHeld(systems: TenantSystems, key: string): void {
  const held = systems
    .all<{ policy_id: string }>(`SELECT policy_id FROM target.legal_holds WHERE policy_id IN (${MOVED})`, key)
    .map(({ policy_id }) => policy_id);
  if (held.length === 0) return;
  throw new StepFailure('policy_on_hold', `${held.length} policies are held in the new system: ${held[0]}`, {
    retryable: true,
    details: named(held),
  });
}
