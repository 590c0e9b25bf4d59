import type { CallTerms, ExecutionState } from '@intendant/execution';
import { afterEach, describe, expect, it } from '@jest/globals';
import { legacyPolicies } from '../../data/insurance/make-policies.mjs';
import type { Mishap, PlanRun } from '../../testing/plan-run.js';
import { InsuranceBench } from '../testing/insurance-bench.js';
import type { LegacyPolicy } from './domain/legacy-policy.js';

const WAVE = { waveNumber: 1, size: 100 };
let bench: InsuranceBench;
afterEach(() => bench.close());

/** Ten policies of every route; the last one bound for the bridge is beyond every limit of the new system if asked. */
function benchOf(fails: boolean): InsuranceBench {
  const rows = legacyPolicies({ count: 40 }) as LegacyPolicy[];
  const at = rows.findLastIndex((row) => row.policy_id > 'D' && row.payment_plan === 'invoice' && row.holder_name);
  if (fails) rows[at] = { ...(rows[at] as LegacyPolicy), coverage_limit_cents: 2_000_000_000 };
  bench = new InsuranceBench(rows);
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

/** The calls of a saga that nothing happens to. */
async function callsOf(fails: boolean): Promise<readonly string[]> {
  const { saga } = await run(fails, '', 'none');
  const calls = saga.calls.map(idOf);
  bench.close();
  return calls;
}

const MISHAPS: readonly Mishap[] = ['request_lost', 'reply_lost', 'delivered_twice'];

describe('whatever happens to one call of a wave', () => {
  it('that goes well: it completes, every policy moved once', async () => {
    for (const at of await callsOf(false))
      for (const mishap of MISHAPS) {
        const { state } = await run(false, at, mishap);
        expect([at, mishap, state.status]).toEqual([at, mishap, 'completed']);
        expect(bench.inspect()).toMatchObject({ withoutSingleOwner: [], migratedTwice: [] });
        expect(Object.keys(bench.inspect().tracked).every((place) => place.endsWith('validated'))).toBe(true);
        bench.close();
      }
  });

  it('that fails: it is undone, both systems are as before, and no step that comes late finds its way in', async () => {
    for (const at of await callsOf(true))
      for (const mishap of MISHAPS) {
        const before = benchOf(true).inspect().systemsDigest;
        bench.close();
        const { saga, state } = await run(true, at, mishap);
        expect([at, mishap, state.status]).toEqual([at, mishap, 'compensated']);
        expect(bench.inspect().systemsDigest).toBe(before);
        bench.restart();
        for (const call of saga.calls) await saga.deliver(call).catch(() => undefined);
        expect(bench.inspect()).toMatchObject({ systemsDigest: before, withoutSingleOwner: [], migratedTwice: [] });
        expect(bench.inspect().waves).toHaveLength(1);
        bench.close();
      }
  });
});
