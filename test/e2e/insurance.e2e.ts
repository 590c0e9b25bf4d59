import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jsonLines } from '../../examples/data/insurance/make-policies.mjs';
import { type Cluster, type EventRecord, typesOf } from './cluster.js';
import { EntryKeeper } from './entry-keeper.js';
import { InsuranceLab, legacyRows, startInsuranceCluster, TENANT } from './insurance-lab.js';

let cluster: Cluster;
let lab: InsuranceLab;
let keeper: EntryKeeper;

beforeAll(async () => {
  cluster = await startInsuranceCluster();
  lab = await InsuranceLab.open(cluster);
  keeper = new EntryKeeper('insurance', cluster, lab.auditor);
});
afterAll(async () => {
  lab.close();
  await cluster.lab.destroy();
});

const WAVE = { waveNumber: 1, size: 100 };
const stepsOf = (records: readonly EventRecord[], type: string): string[] =>
  records.filter((record) => record.type === type).map(({ data }) => data.stepId);
const artifactOf = (records: readonly EventRecord[], resultType: string) =>
  records.find(({ type, data }) => type === 'artifact.recorded' && data.artifact.resultType === resultType)?.data
    .artifact;

async function expectSound(executionId: string): Promise<void> {
  const { body } = await lab.auditor.post(`/v1/executions/${executionId}/validate`);
  expect(body.checks.filter(({ passed }: { passed: boolean }) => !passed)).toEqual([]);
  expect(lab.inspect()).toMatchObject({ withoutSingleOwner: [], migratedTwice: [] });
}

/** The sagas of these tests follow each other over the same 100 policies: first they fail, then they migrate. */
let culprit: string;
let before: string;
let waveId: string;

describe('before a wave', () => {
  it('the legacy system is filled through the front door, and the tracker says where policies are', async () => {
    const rows = legacyRows(100);
    await keeper.keep('loaded', await lab.load(rows), jsonLines(rows));
    culprit = rows.findLast(({ policy_id, payment_plan }) => policy_id > 'D' && payment_plan === 'invoice')
      ?.policy_id as string;
    const located = await lab.run('insurance.locate_policies', { policyIds: [culprit, 'Z000000'] });
    await keeper.keep('located', located.executionId);
    expect(located.result.artifacts[0].semanticPayload.policies).toEqual([
      { policyId: culprit, location: 'legacy_system', migrationStatus: 'not_started', waveId: null },
      { policyId: 'Z000000', location: 'unknown', migrationStatus: 'not_started', waveId: null },
    ]);
  });

  it('nobody submits steps or undos, and an analyst no waves', async () => {
    const analyst = await cluster.user(TENANT, 'analyst', 'analyst');
    const sessionId = await analyst.session();
    const executionId = `exe_${'0'.repeat(32)}`;
    const refusals = [
      await lab.refused('insurance.rollback_wave', { executionId }),
      await lab.refused('insurance.delete_ingested_data', { executionId }),
      await lab.refused('insurance.execute_wave', {
        waveId: `wave_${'0'.repeat(32)}`,
        batch: 0,
        slices: [{ route: 'LegacyBatch', firstPosition: 0, lastPosition: 0 }],
      }),
      (await analyst.submit(sessionId, 'insurance.migrate_wave', WAVE)).body,
      (await lab.auditor.submit(sessionId, 'insurance.validate_wave', { waveId: `wave_${'0'.repeat(32)}` })).body,
    ];
    expect(refusals.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    before = lab.inspect().systemsDigest;
  });
});

describe('a quality gate that fails', () => {
  it('ends the saga with the gate and the policies, and nothing has moved', async () => {
    const gates = { dataQuality: { minScore: 1 } };
    const executionId = await lab.submit('insurance.migrate_wave', { ...WAVE, gates });
    const settled = await lab.lead.settled(executionId);
    expect(settled).toMatchObject({
      status: 'compensated',
      error: { code: 'gate_failed', retryable: false, details: { gate: 'data_quality' } },
    });
    expect(settled.error.details.policyIds.length).toBe(settled.error.details.policyCount);
    expect(lab.inspect()).toMatchObject({ systemsDigest: before, tracked: {} });
    await expectSound(executionId);
    await keeper.keep('stopped-by-a-gate', executionId);
  });
});

describe('a failure at milestone 4', () => {
  it('undoes the three steps before it in reverse, and both systems are as they were', async () => {
    lab.sql('UPDATE legacy.policies SET coverage_limit_cents = 2000000000 WHERE policy_id = ?', culprit);
    before = lab.inspect().systemsDigest;
    const executionId = await lab.submit('insurance.migrate_wave', WAVE);
    expect(await lab.lead.settled(executionId)).toMatchObject({
      status: 'compensated',
      error: { code: 'target_rejected', details: { policyIds: [culprit] } },
    });
    const records = await lab.lead.records(executionId);
    expect(stepsOf(records, 'compensation.succeeded').slice(-3)).toEqual([
      'route_policies',
      'map_to_canonical',
      'ingest_legacy_data',
    ]);
    expect(typesOf(records).at(-1)).toBe('execution.compensated');
    expect(lab.inspect().systemsDigest).toBe(before);
    await expectSound(executionId);
    await keeper.keep('migration-failed', executionId);
  });
});

describe('a wave of mixed routes', () => {
  it('completes: every row where it should be, the tracker validated', async () => {
    lab.sql('UPDATE legacy.policies SET coverage_limit_cents = 100000 WHERE policy_id = ?', culprit);
    const executionId = await lab.submit('insurance.migrate_wave', WAVE);
    const settled = await lab.lead.settled(executionId);
    expect(settled).toMatchObject({ status: 'completed' });
    expect(settled.steps.map(({ stepId }: { stepId: string }) => stepId)).toContain('execute_migration.0');
    const records = await lab.lead.records(executionId);
    const { routes } = artifactOf(records, 'wave_routing').semanticPayload;
    const { NewPlatformAPI, CoexistenceBridge, LegacyBatch, DataQualityQueue } = routes;
    expect(Math.min(NewPlatformAPI, CoexistenceBridge, LegacyBatch, DataQualityQueue)).toBeGreaterThan(0);
    expect(lab.inspect().tracked).toMatchObject({
      'new_system / validated': NewPlatformAPI,
      'coexistence / validated': CoexistenceBridge,
      'legacy_system / validated': LegacyBatch + DataQualityQueue,
    });
    waveId = artifactOf(records, 'wave').artifactId;
    await expectSound(executionId);
    await keeper.keep('migrated', executionId);
  });

  it('is validated by a saga of its own, with a report for the auditor', async () => {
    const executionId = await lab.submit('insurance.validate_wave', { waveId });
    expect(await lab.lead.settled(executionId)).toMatchObject({ status: 'completed' });
    const report = artifactOf(await lab.lead.records(executionId), 'audit_report');
    expect(report.semanticPayload).toMatchObject({ waveNumber: 1, waveStatus: 'completed', policyCount: 100 });
    const { body } = await lab.auditor.get(`/v1/content/${report.renderings[0].content.sha256}`);
    expect(String(body).trim().split('\n')).toHaveLength(100);
    await expectSound(executionId);
    await keeper.keep('validated', executionId);
  });
});

describe('a compensation that fails', () => {
  it('leaves the saga stuck and says which policies are held; repaired and retried it ends as before the wave', async () => {
    const rows = legacyRows(250);
    await keeper.keep('more-loaded', await lab.load(rows), jsonLines(rows));
    const fresh = lab.ids(
      `SELECT policy_id FROM legacy.policies WHERE policy_id NOT IN (SELECT policy_id FROM members)
       AND (policy_id < 'D' OR (payment_plan = 'invoice' AND holder_name IS NOT NULL)) ORDER BY policy_id`,
    );
    lab.sql('UPDATE legacy.policies SET coverage_limit_cents = 2000000000 WHERE policy_id = ?', fresh.at(-1) as string);
    before = lab.inspect().systemsDigest;
    const [held] = fresh;
    lab.sql('INSERT INTO target.legal_holds VALUES (?, ?)', held as string, 'court order');
    const executionId = await lab.submit('insurance.migrate_wave', { ...WAVE, size: 500 });
    expect(await lab.lead.settled(executionId)).toMatchObject({
      status: 'stuck',
      stuckReason: expect.stringContaining('policy_on_hold'),
    });
    const failures = (await lab.lead.records(executionId)).filter(({ type }) => type === 'compensation.failed');
    expect(failures).toHaveLength(5);
    expect(failures[0]?.data.error).toMatchObject({ code: 'policy_on_hold', details: { policyIds: [held] } });
    expect(lab.inspect().systemsDigest).not.toBe(before);
    await expectSound(executionId);
    lab.sql('DELETE FROM target.legal_holds');
    const engineer = await cluster.user(TENANT, 'ed', 'engineer');
    const retry = { signalId: randomUUID(), signalType: 'retry_step', payload: { stepId: failures[0]?.data.stepId } };
    expect(await engineer.post(`/v1/executions/${executionId}/signals`, retry)).toMatchObject({ status: 200 });
    expect(await lab.lead.settled(executionId)).toMatchObject({ status: 'compensated' });
    expect(lab.inspect().systemsDigest).toBe(before);
    await expectSound(executionId);
    await keeper.keep('undo-failed-first', executionId);
  });
});

describe('named policies', () => {
  it('are mapped to canonical ones and kept', async () => {
    const policyIds = lab.ids("SELECT policy_id FROM legacy.policies WHERE effective_date <> '2019-13-45' LIMIT 20");
    const executionId = await lab.submit('insurance.map_policies', { policyIds });
    expect(await lab.lead.settled(executionId)).toMatchObject({ status: 'completed' });
    const stored = artifactOf(await lab.lead.records(executionId), 'canonical_policies');
    expect(stored.semanticPayload).toMatchObject({ schemaVersion: '1.0.0', policyCount: 20 });
    await expectSound(executionId);
    await keeper.keep('mapped', executionId);
  });
});
