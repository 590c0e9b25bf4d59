import { digestOf, type JsonValue } from '@intendant/kernel';
import type { TenantSystems } from './systems/tenant-systems.js';

/** How often an effect was asked for: once, unless its answer was lost. */
export interface EffectCount {
  readonly stepId: string;
  readonly operation: string;
  readonly executionId: string;
  readonly state: 'applied' | 'fenced';
  readonly calls: number;
}

/** What can be seen of a tenant's systems from outside, for demonstrations and tests. */
export interface Inspection {
  /** The same before and after whatever left no trace in the two systems. */
  readonly systemsDigest: string;
  readonly policyCount: number;
  /** Policies that both systems own, or neither: none, ever. */
  readonly withoutSingleOwner: readonly string[];
  /** Policies that were migrated more often than they were rolled back, plus one: none, ever. */
  readonly migratedTwice: readonly string[];
  /** Location / migration status → number of policies. */
  readonly tracked: Readonly<Record<string, number>>;
  readonly waves: readonly { readonly waveId: string; readonly status: string }[];
  readonly effects: readonly EffectCount[];
}

const SINGLE_OWNER = `SELECT policy_id FROM (
    SELECT policy_id, owned FROM legacy.policies UNION ALL SELECT policy_id, owned FROM target.policies)
  GROUP BY policy_id HAVING sum(owned) <> 1`;

const MIGRATED_TWICE = `SELECT policy_id FROM movements GROUP BY policy_id
  HAVING sum(iif(movement = 'migrated', 1, -1)) NOT IN (0, 1)`;

const TRACKED = `SELECT location || ' / ' || migration_status AS place, count(*) AS policies FROM tracked_policies
  GROUP BY place ORDER BY place`;

const EFFECTS = `SELECT step_id AS stepId, operation, execution_id AS executionId, state, calls FROM effects ORDER BY rowid`;

/** Reads everything in one transaction, so that no move is seen half done. */
export const inspect = (systems: TenantSystems): Inspection =>
  systems.transaction(() => {
    const ids = (sql: string) => systems.all<{ policy_id: string }>(sql).map(({ policy_id }) => policy_id);
    const rows = ['legacy', 'target'].map((name) =>
      systems.all<{ [column: string]: JsonValue }>(`SELECT * FROM ${name}.policies ORDER BY policy_id`),
    );
    const tracked = systems.all<{ place: string; policies: number }>(TRACKED);
    return {
      systemsDigest: digestOf(rows),
      policyCount: rows[0]?.length ?? 0,
      withoutSingleOwner: ids(SINGLE_OWNER),
      migratedTwice: ids(MIGRATED_TWICE),
      tracked: Object.fromEntries(tracked.map(({ place, policies }) => [place, policies])),
      waves: systems.all<{ waveId: string; status: string }>(
        `SELECT set_id AS waveId, wave_status AS status FROM ingested_sets WHERE kind = 'wave' ORDER BY rowid`,
      ),
      effects: systems.all<EffectCount>(EFFECTS),
    };
  });
