import { artifactIdOf } from '@intendant/participant';
import type { TenantSystems } from '../systems/tenant-systems.js';
import { migratedWave } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';
import { keepVerdict } from './validate-migration.js';

interface ReportLine {
  readonly policyId: string;
  readonly route: string;
  readonly location: string;
  readonly migrationStatus: string;
  readonly documentDigest: string;
}

const LINES = `SELECT m.policy_id AS policyId, m.route, k.location, k.migration_status AS migrationStatus,
    m.canonical_digest AS documentDigest
  FROM members AS m JOIN tracked_policies AS k USING (policy_id) WHERE m.set_id = ? ORDER BY m.policy_id`;

/** The wave as an auditor reads it: a line per policy, in content; the sums in the artifact. */
export const generateAuditReport: Step = async (call) => {
  const { waveId } = payloadOf<{ waveId: string }>(call);
  const { systems, context } = call;
  const known = call.effects.known();
  if (known !== null) return known;
  const { wave_number: waveNumber, wave_status: waveStatus } = migratedWave(systems, waveId);
  const lines = systems.all<ReportLine>(LINES, waveId);
  const content = await context.content.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return call.effects.apply(waveId, () => {
    const report = { waveNumber, waveStatus, policyCount: lines.length, locations: locationsOf(systems, waveId) };
    keepVerdict(systems, context.idempotencyKey, waveId, 'report', report);
    const renderings = [{ mediaType: 'application/x-ndjson', content }];
    const artifactId = artifactIdOf('audit', context.executionId);
    return resultOf(
      { artifactId, resultType: 'audit_report', semanticPayload: report, renderings, parents: [waveId] },
      'insurance.audit_reported',
    );
  });
};

function locationsOf(systems: TenantSystems, waveId: string): Record<string, number> {
  const counts = systems.all<{ location: string; policies: number }>(
    'SELECT location, count(*) AS policies FROM tracked_policies WHERE wave_id = ? GROUP BY location ORDER BY location',
    waveId,
  );
  return Object.fromEntries(counts.map(({ location, policies }) => [location, policies]));
}
