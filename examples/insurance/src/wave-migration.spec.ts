import { signal } from '@intendant/execution/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { legacyPolicies } from '../../data/insurance/make-policies.mjs';
import { InsuranceBench } from '../testing/insurance-bench.js';
import type { LegacyPolicy } from './domain/legacy-policy.js';

const WAVE_1 = { waveNumber: 1, size: 100 };
let bench: InsuranceBench;

function benchOf(count: number, change: (rows: LegacyPolicy[]) => void = () => undefined): InsuranceBench {
  const rows = legacyPolicies({ count }) as LegacyPolicy[];
  change(rows);
  bench = new InsuranceBench(rows);
  return bench;
}

afterEach(() => bench.close());

/** Changes the last row that the rules send over the bridge: it comes late in the order of execution. */
const spoilLastBridged = (rows: LegacyPolicy[], change: Partial<LegacyPolicy>): string => {
  const at = rows.findLastIndex(
    (row) => row.policy_id > 'D' && row.payment_plan !== 'legacy-only' && row.holder_name !== null,
  );
  rows[at] = { ...(rows[at] as LegacyPolicy), policy_id: 'H999999', ...change };
  return 'H999999';
};
const beyondEveryLimit = { coverage_limit_cents: 2_000_000_000 };

describe('a wave of mixed routes', () => {
  it('moves every policy to where its route says, and leaves nobody without an owner', async () => {
    const saga = benchOf(100).saga('insurance.migrate_wave', WAVE_1);
    expect(await saga.toTheEnd()).toMatchObject({ status: 'completed' });
    const seen = bench.inspect();
    expect(seen).toMatchObject({ policyCount: 100, withoutSingleOwner: [], migratedTwice: [] });
    expect(Object.keys(seen.tracked)).toEqual([
      'coexistence / validated',
      'legacy_system / validated',
      'new_system / validated',
    ]);
    expect(Object.values(seen.tracked).reduce((sum, count) => sum + count)).toBe(100);
    expect(seen.waves).toMatchObject([{ status: 'completed' }]);
    const routed = saga.state.artifacts.find(({ artifact }) => artifact.resultType === 'wave_routing');
    expect(Object.values(routed?.artifact.semanticPayload['routes'] as object).every((count) => count > 0)).toBe(true);
  });

  it('takes only clean policies into wave 0, and the others into the next', async () => {
    benchOf(150);
    expect((await bench.saga('insurance.migrate_wave', { waveNumber: 0, size: 100 }).toTheEnd()).status).toBe(
      'completed',
    );
    expect(Object.keys(bench.inspect().tracked)).toEqual(['coexistence / validated', 'new_system / validated']);
    expect((await bench.saga('insurance.migrate_wave', WAVE_1).toTheEnd()).status).toBe('completed');
    expect(Object.values(bench.inspect().tracked).reduce((sum, count) => sum + count)).toBe(150);
    expect((await bench.saga('insurance.migrate_wave', WAVE_1).toTheEnd()).error?.code).toBe('no_candidates');
  });

  it('is stopped by a gate that names the policies, with nothing moved', async () => {
    benchOf(100, (rows) => {
      rows[0] = { ...(rows[0] as LegacyPolicy), policy_id: 'A000000', holder_name: null, agent_id: null };
    });
    const before = bench.inspect().systemsDigest;
    const state = await bench.saga('insurance.migrate_wave', WAVE_1).toTheEnd();
    expect(state).toMatchObject({
      status: 'compensated',
      error: { code: 'gate_failed', details: { gate: 'data_quality', policyIds: ['A000000'] } },
    });
    expect(bench.inspect()).toMatchObject({ systemsDigest: before, tracked: {}, waves: [{ status: 'failed' }] });
  });
});

describe('a failure at milestone 4', () => {
  it('takes back the batches and the three steps before, in reverse, to the byte', async () => {
    let culprit = '';
    benchOf(500, (rows) => {
      culprit = spoilLastBridged(rows, beyondEveryLimit);
    });
    const before = bench.inspect().systemsDigest;
    const saga = bench.saga('insurance.migrate_wave', { waveNumber: 1, size: 500 });
    expect(await saga.toTheEnd()).toMatchObject({
      status: 'compensated',
      error: { code: 'target_rejected', details: { policyIds: [culprit] } },
    });
    const batches = saga.started('forward').filter((stepId) => stepId.startsWith('execute_migration.'));
    expect(batches.length).toBeGreaterThan(3);
    const undone = saga.started('undo');
    expect(undone.slice(-3)).toEqual(['route_policies', 'map_to_canonical', 'ingest_legacy_data']);
    expect(new Set(undone.slice(0, -3))).toEqual(new Set(batches));
    const seen = bench.inspect();
    expect(seen).toMatchObject({ systemsDigest: before, withoutSingleOwner: [], migratedTwice: [] });
    expect(seen.waves).toMatchObject([{ status: 'rolled_back' }]);
    expect(Object.keys(seen.tracked)).toEqual(['legacy_system / rolled_back']);
  });

  it('leaves the policies to a later wave', async () => {
    benchOf(100, (rows) => void spoilLastBridged(rows, beyondEveryLimit));
    await bench.saga('insurance.migrate_wave', WAVE_1).toTheEnd();
    bench.systems.run('UPDATE legacy.policies SET coverage_limit_cents = 1000 WHERE coverage_limit_cents > 1000000000');
    expect((await bench.saga('insurance.migrate_wave', WAVE_1).toTheEnd()).status).toBe('completed');
    expect(bench.inspect()).toMatchObject({ withoutSingleOwner: [], migratedTwice: [] });
  });
});

describe('a compensation that fails', () => {
  it('leaves the saga stuck and says why; repaired and retried, it ends as before the wave', async () => {
    benchOf(500, (rows) => void spoilLastBridged(rows, beyondEveryLimit));
    const before = bench.inspect().systemsDigest;
    const held = bench.systems.first<{ policy_id: string }>('SELECT min(policy_id) AS policy_id FROM legacy.policies')
      ?.policy_id as string;
    bench.systems.run('INSERT INTO target.legal_holds VALUES (?, ?)', held, 'court order');
    const saga = bench.saga('insurance.migrate_wave', { waveNumber: 1, size: 500 });
    expect(await saga.toTheEnd()).toMatchObject({
      status: 'stuck',
      stuckReason: expect.stringContaining('policy_on_hold'),
    });
    expect(saga.state.steps.get('execute_migration.0')).toMatchObject({
      undo: { status: 'failed', attempt: 5, error: { code: 'policy_on_hold', details: { policyIds: [held] } } },
    });
    expect(bench.inspect()).toMatchObject({ withoutSingleOwner: [], migratedTwice: [] });
    expect(bench.inspect().systemsDigest).not.toBe(before);
    bench.systems.run('DELETE FROM target.legal_holds');
    saga.history.perform(signal('retry_step', { stepId: 'execute_migration.0' }));
    expect((await saga.toTheEnd()).status).toBe('compensated');
    expect(bench.inspect().systemsDigest).toBe(before);
  });
});
