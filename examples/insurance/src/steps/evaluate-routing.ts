import { artifactIdOf, StepFailure } from '@intendant/participant';
import { type GateFinding, type GateSettings, type GateSubject, judgeGates } from '../domain/gates.js';
import { ROUTES, type Route, ruleFor } from '../domain/routing-rules.js';
import { inExecutionOrder, slicesOf } from '../domain/slices.js';
import type { TenantSystems } from '../systems/tenant-systems.js';
import { canonicalOf, type MemberRow, membersOf, named, recordOf, setNamed } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';

/** Decides where every policy of a wave goes, holds what would move against the gates, and lays out the order. */
export const evaluateRouting: Step = (call) => {
  const { waveId } = payloadOf<{ waveId: string }>(call);
  const { systems, context } = call;
  return call.effects.apply(waveId, () => {
    const { gates } = setNamed(systems, waveId);
    const routed = membersOf(systems, waveId).map((member) => ({ member, route: routeOf(member) }));
    const findings = gates === null ? [] : passedGates(systems, routed, JSON.parse(gates) as GateSettings);
    const ordered = inExecutionOrder(routed);
    for (const [position, { member, route }] of ordered.entries())
      systems.run(
        'UPDATE members SET route = ?, position = ? WHERE set_id = ? AND policy_id = ?',
        route,
        position,
        waveId,
        member.policy_id,
      );
    systems.run(`UPDATE ingested_sets SET wave_status = 'scheduled' WHERE set_id = ?`, waveId);
    systems.run(`UPDATE tracked_policies SET migration_status = 'in_progress' WHERE wave_id = ?`, waveId);
    const counts = ROUTES.map((route) => [route, ordered.filter((one) => one.route === route).length]);
    const gatesPassed = findings.map(({ gate }) => gate);
    const semanticPayload = { routes: Object.fromEntries(counts), gatesPassed, slices: slicesOf(ordered) };
    const artifactId = artifactIdOf('routing', context.executionId);
    return resultOf(
      { artifactId, resultType: 'wave_routing', semanticPayload, parents: [waveId] },
      'insurance.wave_scheduled',
    );
  });
};

function routeOf(member: MemberRow): Route {
  const { policy_id, payment_plan } = recordOf(member);
  const rule = ruleFor({ policy_id, payment_plan, data_quality_score: member.score });
  if (rule !== undefined) return rule.route;
  throw new StepFailure('no_route', `no rule routes ${policy_id}`, { details: named([policy_id]) });
}

/** Throws for the first gate that stops a policy. */
function passedGates(
  systems: TenantSystems,
  routed: readonly { readonly member: MemberRow; readonly route: Route }[],
  settings: GateSettings,
): readonly GateFinding[] {
  const subjects = routed.map(
    ({ member, route }): GateSubject => ({
      policyId: member.policy_id,
      route,
      score: member.score,
      confidence: member.confidence ?? 0,
      canonical: canonicalOf(member),
    }),
  );
  const target = systems.first<{ accepting: number; capacity: number }>('SELECT * FROM target.readiness');
  const readiness = { accepting: target?.accepting === 1, capacity: target?.capacity ?? 0 };
  const findings = judgeGates(subjects, settings, readiness);
  for (const finding of findings) refuseUnlessPassed(finding);
  return findings;
}

/** A gate that stops policies is the end of the step: another attempt would find the same. */
export function refuseUnlessPassed({ gate, passed, policyIds, reason }: GateFinding): void {
  if (passed) return;
  throw new StepFailure('gate_failed', `gate ${gate} stops ${policyIds.length} policies: ${reason}`, {
    details: { gate, reason, ...named(policyIds) },
  });
}

export const revertRouting: Step = ({ systems, effects }) =>
  effects.undo(({ setId }) => {
    systems.run('UPDATE members SET route = NULL, position = NULL WHERE set_id = ?', setId);
    systems.run(
      `UPDATE tracked_policies SET migration_status = 'not_started' WHERE wave_id = ? AND migration_status = 'in_progress'`,
      setId,
    );
    systems.run(
      `UPDATE ingested_sets SET wave_status = 'planned' WHERE set_id = ? AND wave_status <> 'rolled_back'`,
      setId,
    );
  });
