import type { CallTerms, ExecutionState } from '@intendant/execution';
import { afterEach, describe, expect, it } from '@jest/globals';
import { legacyPolicies } from '../../data/insurance/make-policies.mjs';
import type { Mishap, PlanRun } from '../../testing/plan-run.js';
import { InsuranceBench } from '../testing/insurance-bench.js';
import type { LegacyPolicy } from './domain/legacy-policy.js';

const WAVE = { waveNumber: 1, size: 100 };
let bench: InsuranceBench;
let before: string;
afterEach(() => bench.close());

/** Policies of every route; if asked, the last one bound for the bridge is beyond every limit of the new system. */
function benchOf(fails: boolean): InsuranceBench {
  const rows = legacyPolicies({ count: 60 }) as LegacyPolicy[];
  const at = rows.findLastIndex((row) => row.policy_id > 'D' && row.payment_plan === 'invoice' && row.holder_name);
  if (fails) rows[at] = { ...(rows[at] as LegacyPolicy), coverage_limit_cents: 2_000_000_000 };
  bench = new InsuranceBench(rows);
  before = bench.inspect().systemsDigest;
  return bench;
}

const idOf = ({ stepId, direction, attempt }: CallTerms) => `${direction} ${stepId} ${attempt}`;

async function run(
  fails: boolean,
  mishapAt: string,
  mishap: Mishap,
): Promise<{ saga: PlanRun; state: ExecutionState }> {
  const saga = benchOf(fails).saga('insurance.migrate_wave', WAVE);
  const state = await saga.toTheEnd((call) => (idOf(call) === mishapAt ? mishap : 'none'));
  return { saga, state };
}

const MISHAPS: readonly Mishap[] = ['request_lost', 'reply_lost', 'delivered_twice'];
const STEPS = [
  'ingest_legacy_data',
  'map_to_canonical',
  'route_policies',
  'execute_migration.0',
  'execute_migration.1',
  'validate_results',
];
const EXECUTED = STEPS.slice(0, -1);
const each = (calls: readonly string[]) => calls.flatMap((call) => MISHAPS.map((mishap) => [mishap, call] as const));

describe('a wave that goes well', () => {
  it.each(each(STEPS.map((stepId) => `forward ${stepId} 1`)))(
    '%s at %s: completes all the same',
    async (mishap, at) => {
      const { saga, state } = await run(false, at, mishap);
      expect(saga.calls.map(idOf)).toContain(at);
      expect(state.status).toBe('completed');
      expect(bench.inspect()).toMatchObject({ withoutSingleOwner: [], migratedTwice: [] });
      expect(Object.keys(bench.inspect().tracked).every((place) => place.endsWith('validated'))).toBe(true);
    },
  );
});

describe('a wave that fails', () => {
  const calls = [...EXECUTED.map((stepId) => `forward ${stepId} 1`), ...EXECUTED.map((stepId) => `undo ${stepId} 1`)];
  it.each(each(calls))(
    '%s at %s: all is as before, and nothing that comes late finds its way in',
    async (mishap, at) => {
      const { saga, state } = await run(true, at, mishap);
      expect(saga.calls.map(idOf)).toContain(at);
      expect(state.status).toBe('compensated');
      expect(bench.inspect().systemsDigest).toBe(before);
      bench.restart();
      for (const call of saga.calls) await saga.deliver(call).catch(() => undefined);
      expect(bench.inspect()).toMatchObject({ systemsDigest: before, withoutSingleOwner: [], migratedTwice: [] });
      expect(bench.inspect().waves).toMatchObject([{ status: 'rolled_back' }]);
    },
  );
});
