import { artifactIdOf, StepFailure } from '@intendant/participant';
import { centsOf } from '../domain/canonical-policy.js';
import type { TenantSystems } from '../systems/tenant-systems.js';
import { canonicalOf, membersOf, migratedWave, named, recordOf } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';
import { keepVerdict, misplacedIn } from './validate-migration.js';

/** Policies of the wave that both systems own, or neither. */
const OWNERLESS = `SELECT m.policy_id FROM members AS m
  LEFT JOIN legacy.policies AS l USING (policy_id) LEFT JOIN target.policies AS t USING (policy_id)
  WHERE m.set_id = ? AND coalesce(l.owned, 0) + coalesce(t.owned, 0) <> 1 ORDER BY m.policy_id`;

/** Holds the systems against each other: one owner per policy, and the same premiums on both sides to the cent. */
export const reconcileSystems: Step = (call) => {
  const { waveId } = payloadOf<{ waveId: string }>(call);
  const { systems, context } = call;
  return call.effects.apply(waveId, () => {
    migratedWave(systems, waveId);
    const ownerless = systems.all<{ policy_id: string }>(OWNERLESS, waveId).map(({ policy_id }) => policy_id);
    const differing = [...new Set([...ownerless, ...misplacedIn(systems, waveId)])];
    if (differing.length > 0)
      throw new StepFailure('systems_differ', `the systems disagree about ${differing.length} policies`, {
        details: named(differing),
      });
    const finding = premiumsOf(systems, waveId);
    keepVerdict(systems, context.idempotencyKey, waveId, 'reconciliation', finding);
    const artifactId = artifactIdOf('reconciliation', context.executionId);
    return resultOf(
      { artifactId, resultType: 'reconciliation', semanticPayload: finding, parents: [waveId] },
      'insurance.systems_reconciled',
    );
  });
};

/** Sums of the premiums as they were read and as they were mapped; throws when they differ. */
function premiumsOf(systems: TenantSystems, waveId: string) {
  const members = membersOf(systems, waveId);
  let sourceCents = 0;
  let canonicalCents = 0;
  for (const member of members) {
    sourceCents += recordOf(member).premium_cents ?? 0;
    canonicalCents += centsOf(canonicalOf(member).rating_components.premium_amount ?? '0.00');
  }
  if (sourceCents === canonicalCents) return { policyCount: members.length, premiumCents: sourceCents };
  throw new StepFailure('systems_differ', 'the premiums of source and canonical policies differ', {
    details: { sourceCents, canonicalCents },
  });
}
