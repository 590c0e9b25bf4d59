import { SAMPLE_IDS } from '@intendant/wal/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { legacyPolicies } from '../../data/insurance/make-policies.mjs';
import { intentOf, MemoryContext } from '../../testing/handler-context.js';
import { InsuranceBench } from '../testing/insurance-bench.js';
import type { LegacyPolicy } from './domain/legacy-policy.js';

const rows = legacyPolicies({ count: 100 }) as LegacyPolicy[];
const readable = rows.filter(({ effective_date }) => effective_date !== '2019-13-45');
const policyIds = readable.slice(0, 10).map(({ policy_id }) => policy_id);
let bench: InsuranceBench;

beforeEach(() => {
  bench = new InsuranceBench(rows);
});
afterEach(() => bench.close());

const kept = () => bench.systems.all<{ policy_id: string }>('SELECT policy_id FROM canonical_policies');
const verdicts = () => bench.systems.all<{ kind: string }>('SELECT kind FROM verdicts').map(({ kind }) => kind);

describe('the mapping of named policies', () => {
  it('keeps them as canonical policies and renders them one a line', async () => {
    const saga = bench.saga('insurance.map_policies', { policyIds });
    expect((await saga.toTheEnd()).status).toBe('completed');
    expect(kept()).toHaveLength(10);
    const stored = saga.state.artifacts.find(({ artifact }) => artifact.resultType === 'canonical_policies');
    const lines = saga.content.lines<{ policy_core: { policy_id: string } }>(stored?.artifact as never);
    expect(lines.map(({ policy_core }) => policy_core.policy_id)).toEqual([...policyIds].sort());
  });

  it('refuses policies that cannot be read, by name and column, and leaves nothing', async () => {
    const broken = rows.find(({ effective_date }) => effective_date === '2019-13-45') as LegacyPolicy;
    const saga = bench.saga('insurance.map_policies', { policyIds: [...policyIds, broken.policy_id] });
    expect(await saga.toTheEnd()).toMatchObject({
      status: 'compensated',
      error: {
        code: 'schema_invalid',
        details: { policyIds: [broken.policy_id], first: { columns: expect.anything() } },
      },
    });
    expect(bench.systems.all('SELECT * FROM ingested_sets')).toEqual([]);
    expect([kept(), verdicts()]).toEqual([[], []]);
  });

  it('refuses policies that the legacy system does not know', async () => {
    const saga = bench.saga('insurance.map_policies', { policyIds: ['Z999999'] });
    expect((await saga.toTheEnd()).error).toMatchObject({ code: 'policy_not_found' });
  });
});

describe('the validation of a wave', () => {
  const migrated = async (): Promise<string> => {
    const saga = bench.saga('insurance.migrate_wave', { waveNumber: 1, size: 100 });
    await saga.toTheEnd();
    return saga.state.artifacts[0]?.artifact.artifactId as string;
  };

  it('checks quality, reconciles to the cent and reports a line per policy', async () => {
    const waveId = await migrated();
    const saga = bench.saga('insurance.validate_wave', { waveId });
    expect((await saga.toTheEnd()).status).toBe('completed');
    expect(verdicts()).toEqual(['migration', 'quality', 'reconciliation', 'report']);
    const premiums = rows.reduce((sum, { premium_cents }) => sum + (premium_cents ?? 0), 0);
    const found = saga.state.artifacts.map(({ artifact }) => artifact.semanticPayload);
    expect(found[1]).toEqual({ policyCount: 100, premiumCents: premiums });
  });

  it('fails when the systems disagree, names the policies, and takes its verdicts back', async () => {
    const waveId = await migrated();
    const lost = bench.systems.first<{ policy_id: string }>('SELECT policy_id FROM target.policies WHERE owned = 1');
    bench.systems.run('DELETE FROM target.policies WHERE policy_id = ?', lost?.policy_id as string);
    const state = await bench.saga('insurance.validate_wave', { waveId }).toTheEnd();
    expect(state).toMatchObject({
      status: 'compensated',
      error: { code: 'systems_differ', details: { policyIds: [lost?.policy_id] } },
    });
    expect(verdicts()).toEqual(['migration']);
  });

  it('takes a wave whose premiums come to less than nothing', async () => {
    const owed = { ...(readable[0] as LegacyPolicy), policy_id: 'Q-OWED', premium_cents: -100 };
    const small = new InsuranceBench([owed]);
    try {
      const migration = small.saga('insurance.migrate_wave', { waveNumber: 1, size: 100 });
      expect((await migration.toTheEnd()).status).toBe('completed');
      const waveId = migration.state.artifacts[0]?.artifact.artifactId as string;
      const saga = small.saga('insurance.validate_wave', { waveId });
      expect((await saga.toTheEnd()).status).toBe('completed');
      const found = saga.state.artifacts.map(({ artifact }) => artifact.semanticPayload);
      expect(found[0]).toEqual({ policyCount: 0, minScore: 0.8, lowestScore: null });
      expect(found[1]).toEqual({ policyCount: 1, premiumCents: -100 });
    } finally {
      small.close();
    }
  });

  it('asks for as much quality as it is told to', async () => {
    const waveId = await migrated();
    const state = await bench.saga('insurance.validate_wave', { waveId, minScore: 1 }).toTheEnd();
    expect(state.error).toMatchObject({ code: 'gate_failed', details: { gate: 'data_quality' } });
  });

  it.each(['validate_data_quality', 'reconcile_systems', 'generate_audit_report'])(
    'of a wave that was taken back finds nothing to check: %s',
    async (operation) => {
      const gates = { dataQuality: { minScore: 1 } };
      const saga = bench.saga('insurance.migrate_wave', { waveNumber: 1, size: 100, gates });
      expect((await saga.toTheEnd()).status).toBe('compensated');
      const [wave] = bench.systems.all<{ set_id: string; wave_status: string }>('SELECT * FROM ingested_sets');
      const intent = intentOf(`insurance.${operation}`, { waveId: wave?.set_id as string });
      const context = new MemoryContext().seenBy({ tenantId: SAMPLE_IDS.tenantId });
      await expect(async () => bench.service.participant.handleIntent(intent, context)).rejects.toMatchObject({
        code: 'wave_not_migrated',
        options: { details: { waveId: wave?.set_id, waveStatus: wave?.wave_status } },
      });
    },
  );

  it('of a wave that is not there is refused', async () => {
    const state = await bench.saga('insurance.validate_wave', { waveId: `wave_${'0'.repeat(32)}` }).toTheEnd();
    expect(state.error).toMatchObject({ code: 'set_not_found' });
  });
});
