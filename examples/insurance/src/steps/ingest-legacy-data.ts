import { artifactIdOf, StepFailure } from '@intendant/participant';
import { dataQualityScoreOf, defectsOf } from '../domain/data-quality.js';
import { DEFAULT_GATES, type GateSettings } from '../domain/gates.js';
import { LEGACY_COLUMNS, type LegacyPolicy } from '../domain/legacy-policy.js';
import { MOVING_ROUTES, ruleFor } from '../domain/routing-rules.js';
import type { TenantSystems } from '../systems/tenant-systems.js';
import { payloadOf, resultOf, type Step } from './step.js';

interface IngestPayload {
  readonly waveNumber: number;
  readonly size: number;
  readonly gates?: Partial<GateSettings>;
}

export const COLUMNS = LEGACY_COLUMNS.join(', ');

/** Nobody owns a policy twice: what a wave has taken up is no candidate for another one. */
const CANDIDATES = `SELECT ${COLUMNS} FROM legacy.policies AS p
  WHERE owned = 1 AND policy_id > ? AND NOT EXISTS (SELECT 1 FROM members AS m WHERE m.policy_id = p.policy_id AND m.in_wave = 1)
  ORDER BY policy_id LIMIT ?`;

/** Rows looked at in one go. */
const PAGE_ROWS = 1_000;

/**
 * Takes the next policies of the legacy system up into a wave. Wave 0 takes clean ones only; later waves take all, and
 * have gates.
 */
export const ingestLegacyData: Step = (call) => {
  const { waveNumber, size, gates = {} } = payloadOf<IngestPayload>(call);
  const { systems, context } = call;
  const waveId = artifactIdOf('wave', context.executionId);
  return call.effects.apply(waveId, () => {
    const rows = candidates(systems, size, waveNumber === 0);
    if (rows.length === 0)
      throw new StepFailure('no_candidates', 'no policy of the legacy system can join the wave', {
        details: { waveNumber },
      });
    const settings = waveNumber === 0 ? null : JSON.stringify({ ...DEFAULT_GATES, ...gates });
    systems.run(
      'INSERT INTO ingested_sets VALUES (?, ?, ?, ?, ?, ?)',
      waveId,
      'wave',
      context.executionId,
      waveNumber,
      'planned',
      settings,
    );
    keepMembers(systems, waveId, rows, 1);
    systems.run(
      `INSERT INTO tracked_policies SELECT policy_id, 'legacy_system', 'not_started', set_id FROM members WHERE set_id = ?
       ON CONFLICT (policy_id) DO UPDATE SET migration_status = 'not_started', wave_id = excluded.wave_id`,
      waveId,
    );
    return resultOf(
      { artifactId: waveId, resultType: 'wave', semanticPayload: { waveNumber, size, policyCount: rows.length } },
      'insurance.wave_planned',
    );
  });
};

function candidates(systems: TenantSystems, size: number, onlyClean: boolean): readonly LegacyPolicy[] {
  const found: LegacyPolicy[] = [];
  for (let after = ''; ; ) {
    const page = systems.all<LegacyPolicy>(CANDIDATES, after, PAGE_ROWS);
    for (const row of page) {
      if (onlyClean && !isCleanCandidate(row)) continue;
      found.push(row);
      if (found.length === size) return found;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return found;
    after = last.policy_id;
  }
}

/** Without a defect, and bound for the new system. */
function isCleanCandidate(row: LegacyPolicy): boolean {
  const rule = ruleFor({ ...row, data_quality_score: dataQualityScoreOf(row) });
  return defectsOf(row).length === 0 && rule !== undefined && MOVING_ROUTES.has(rule.route);
}

/** Keeps the rows as they were read, so that every later step sees the same. */
export function keepMembers(systems: TenantSystems, setId: string, rows: readonly LegacyPolicy[], inWave: 0 | 1): void {
  for (const row of rows)
    systems.run(
      'INSERT INTO members (set_id, policy_id, in_wave, record, score) VALUES (?, ?, ?, ?, ?)',
      setId,
      row.policy_id,
      inWave,
      JSON.stringify(row),
      dataQualityScoreOf(row),
    );
}

/** Lets the policies of a wave or an extraction go again. The wave itself stays known, as failed unless it was rolled back. */
export const deleteIngestedData: Step = ({ systems, effects }) =>
  effects.undo(({ setId }) => {
    systems.run('DELETE FROM members WHERE set_id = ?', setId);
    systems.run(`DELETE FROM tracked_policies WHERE wave_id = ? AND migration_status = 'not_started'`, setId);
    systems.run(`DELETE FROM ingested_sets WHERE set_id = ? AND kind = 'extraction'`, setId);
    systems.run(
      `UPDATE ingested_sets SET wave_status = 'failed' WHERE set_id = ? AND wave_status <> 'rolled_back'`,
      setId,
    );
  });
