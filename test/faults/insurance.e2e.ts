import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, type EventRecord, until } from '../e2e/cluster.js';
import { InsuranceLab, legacyRows, startInsuranceCluster } from '../e2e/insurance-lab.js';

const BULK = 10_000;
/** Batches of one wave that may be at work at once. */
const BATCHES_AT_ONCE = 2;

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

/** Ids of the batches that the log says are done. */
const batchesDone = (records: readonly EventRecord[]): string[] =>
  records
    .filter(({ type, data }) => type === 'step.succeeded' && data.stepId.startsWith('execute_migration.'))
    .map(({ data }) => data.stepId);

/** Mapping sagas beside the wave, from a few clients, until told to stop. */
function mappingLoad(policyIds: readonly string[]): { stop(): Promise<readonly string[]> } {
  const accepted: string[] = [];
  let going = true;
  const client = async (at: number): Promise<void> => {
    while (going) {
      const payload = { policyIds: policyIds.slice(at * 5, at * 5 + 5) };
      accepted.push(await until('a mapping is accepted', () => lab.submit('insurance.map_policies', payload)));
      await lab.lead.settled(accepted.at(-1) as string);
    }
  };
  const clients = [0, 1].map(client);
  return {
    stop: async () => {
      going = false;
      await Promise.all(clients);
      return accepted;
    },
  };
}

interface Outcome {
  readonly executionId: string;
  readonly doneBefore: readonly string[];
  readonly records: readonly EventRecord[];
}

/** A bulk wave in the middle of which a process is killed. */
async function waveWithKill(service: string, suffix: string): Promise<Outcome> {
  const rows = legacyRows(BULK).map((row) => ({ ...row, policy_id: row.policy_id + suffix }));
  await lab.load(rows);
  const sound = rows.filter(({ effective_date }) => effective_date !== '2019-13-45').map((row) => row.policy_id);
  const load = mappingLoad(sound);
  const executionId = await lab.submit('insurance.migrate_wave', { waveNumber: 1, size: BULK });
  const doneBefore = await until('a tenth of the batches is done', async () => {
    const done = batchesDone(await lab.lead.records(executionId));
    return done.length >= 10 ? done : undefined;
  });
  await cluster.kill(service);
  expect(await lab.lead.settled(executionId, 300_000)).toMatchObject({ status: 'completed' });
  const mapped = await load.stop();
  expect(mapped.length).toBeGreaterThan(2);
  for (const mapping of mapped) expect(await lab.lead.settled(mapping)).toMatchObject({ status: 'completed' });
  return { executionId, doneBefore, records: await lab.lead.records(executionId) };
}

const batchEffects = (executionId: string) =>
  lab.inspect().effects.filter((one) => one.executionId === executionId && one.operation === 'execute_wave');

async function expectMigratedOnce({ executionId, doneBefore, records }: Outcome, waves: number): Promise<void> {
  const batches = batchesDone(records);
  expect(doneBefore.length).toBeLessThan(batches.length - 20);
  expect(new Set(batches).size).toBe(batches.length);
  const effects = batchEffects(executionId);
  expect(effects.map(({ stepId }) => stepId).sort()).toEqual([...batches].sort());
  // what was done before the kill was asked for once; only what was in flight was asked for again
  const calls = new Map(effects.map((one) => [one.stepId, one.calls]));
  expect(doneBefore.filter((stepId) => calls.get(stepId) !== 1)).toEqual([]);
  expect(effects.filter((one) => one.calls > 1).length).toBeLessThanOrEqual(BATCHES_AT_ONCE);
  const { tracked, ...seen } = lab.inspect();
  expect(seen).toMatchObject({ policyCount: waves * BULK, withoutSingleOwner: [], migratedTwice: [] });
  expect(Object.keys(tracked).filter((place) => !place.endsWith('validated'))).toEqual([]);
  expect(Object.values(tracked).reduce((sum, count) => sum + count)).toBe(waves * BULK);
  const { body } = await lab.auditor.post(`/v1/executions/${executionId}/validate`);
  expect(body).toMatchObject({ valid: true });
}

describe('kill -9 in the middle of execute_migration, under load', () => {
  it('of the Runtime: 10,000 policies go on from the last batch, each migrated once', async () => {
    const outcome = await waveWithKill('runtime', '');
    const attempts = outcome.records.filter(({ type, data }) => type === 'step.started' && data.attempt > 1);
    expect(attempts).toEqual([]);
    await expectMigratedOnce(outcome, 1);
  });

  it('of the insurance service: what was cut off is asked for again, each policy migrated once', async () => {
    await expectMigratedOnce(await waveWithKill('insurance', '-2'), 2);
  });
});
