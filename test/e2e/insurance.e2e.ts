import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, type EventRecord, typesOf } from './cluster.js';
import { InsuranceLab, legacyRows, startInsuranceCluster } from './insurance-lab.js';

let cluster: Cluster;
let lab: InsuranceLab;

beforeAll(async () => {
  cluster = await startInsuranceCluster();
  lab = await InsuranceLab.open(cluster);
});
afterAll(async () => {
  lab.close();
  await cluster.lab.destroy();
});

const stepsOf = (records: readonly EventRecord[], type: string): string[] =>
  records.filter((record) => record.type === type).map(({ data }) => data.stepId);

describe('a failure at milestone 4', () => {
  it('undoes the three steps before it in reverse, and both systems are as they were', async () => {
    const rows = legacyRows(100);
    const at = rows.findLastIndex(({ policy_id }) => policy_id.startsWith('H'));
    const culprit = rows[at]?.policy_id as string;
    rows[at] = { ...(rows[at] as object), payment_plan: 'invoice', holder_name: 'Ada Abel' } as never;
    await lab.load(rows);
    lab.sql('UPDATE legacy.policies SET coverage_limit_cents = 2000000000 WHERE policy_id = ?', culprit);
    const before = lab.inspect().systemsDigest;
    const executionId = await lab.submit('insurance.migrate_wave', { waveNumber: 1, size: 100 });
    const settled = await lab.lead.settled(executionId);
    expect(settled).toMatchObject({
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
    expect(lab.inspect()).toMatchObject({ systemsDigest: before, withoutSingleOwner: [], migratedTwice: [] });
    expect((await lab.auditor.post(`/v1/executions/${executionId}/validate`)).body).toMatchObject({ valid: true });
    lab.sql('UPDATE legacy.policies SET coverage_limit_cents = 100000 WHERE policy_id = ?', culprit);
  });
});

describe('a compensation that fails', () => {
  it('leaves the saga stuck, says which policies are held, and every policy with one owner', async () => {
    const [held] = lab.ids(
      `SELECT policy_id FROM legacy.policies WHERE policy_id LIKE 'A%' ORDER BY policy_id LIMIT 1`,
    );
    const [culprit] = lab.ids(
      `SELECT policy_id FROM legacy.policies WHERE policy_id LIKE 'H%' AND coverage_limit_cents = 100000`,
    );
    await lab.load(legacyRows(500));
    lab.sql('UPDATE legacy.policies SET coverage_limit_cents = 2000000000 WHERE policy_id = ?', culprit as string);
    lab.sql('INSERT INTO target.legal_holds VALUES (?, ?)', held as string, 'court order');
    const executionId = await lab.submit('insurance.migrate_wave', { waveNumber: 1, size: 500 });
    const settled = await lab.lead.settled(executionId, 60_000);
    expect(settled).toMatchObject({ status: 'stuck', stuckReason: expect.stringContaining('policy_on_hold') });
    const failures = (await lab.lead.records(executionId)).filter(({ type }) => type === 'compensation.failed');
    expect(failures).toHaveLength(5);
    expect(failures[0]?.data.error).toMatchObject({ code: 'policy_on_hold', details: { policyIds: [held] } });
    expect(lab.inspect()).toMatchObject({ withoutSingleOwner: [], migratedTwice: [] });
    expect((await lab.auditor.post(`/v1/executions/${executionId}/validate`)).body).toMatchObject({ valid: true });
  });
});
