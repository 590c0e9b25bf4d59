import { promisesSettled } from '@intendant/kernel/testing';
import { executionIn, SAMPLE_IDS, sampleContract, sampleDecision, sampleIntent } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { Ground } from '../test/bench.js';
import { failure, success } from '../test/scripted-dispatcher.js';

const ID = executionIn(1);
const contract = sampleContract('active');
const base = sampleDecision();
const decision = {
  ...base,
  obligations: base.obligations && { ...base.obligations, boundaryContract: { action: 'activate' as const, contract } },
};

describe('a boundary contract that an outcome activates', () => {
  it('is activated, durably before the execution completes', async () => {
    const ground = new Ground();
    const bench = await ground.start();
    const order: string[] = [];
    bench.log.onEntry((entry) => void order.push(...entry.records.map((record) => record.type)));
    await bench.accept(ID, { decision });
    await promisesSettled();
    expect(order.indexOf('contract.activated')).toBeLessThan(order.indexOf('execution.completed'));
    const [record] = await ground.records(contract.contractId);
    expect(record).toMatchObject({
      type: 'contract.activated',
      tenantId: 'acme',
      data: { contract: { ...contract, revision: 1 }, intentId: SAMPLE_IDS.intentId },
    });
  });

  it('is left alone by an outcome that fails', async () => {
    const ground = new Ground();
    const bench = await ground.start(() => failure(false));
    await bench.accept(ID, { decision });
    await promisesSettled();
    expect((await bench.supervisor.read(ID))?.status).toBe('failed');
    expect(await ground.types(contract.contractId)).toEqual([]);
  });

  it('is activated once, although the process dies between the two records', async () => {
    const ground = new Ground();
    const first = await ground.start();
    first.wal.fate = (n) => (n === 2 ? 'dies_after' : 'durable');
    await first.accept(ID, { decision });
    await promisesSettled();
    expect(await ground.types(contract.contractId)).toEqual(['contract.activated']);
    const second = await ground.start();
    await promisesSettled();
    expect((await second.supervisor.read(ID))?.status).toBe('completed');
    expect(await ground.types(contract.contractId)).toEqual(['contract.activated']);
  });

  it('takes the activations of many executions at once', async () => {
    const ground = new Ground();
    const bench = await ground.start(() => success);
    const ids = Array.from({ length: 8 }, (_, n) => executionIn(n % 2, n));
    await Promise.all(
      ids.map((id, n) => {
        const intentId = SAMPLE_IDS.intentId.slice(0, -1).concat(String(n));
        const intent = { ...sampleIntent(), intentId };
        return bench.accept(id, { decision, intent });
      }),
    );
    await promisesSettled();
    expect(bench.broken).toEqual([]);
    expect(await ground.types(contract.contractId)).toHaveLength(8);
    for (const id of ids) expect((await bench.supervisor.read(id))?.status).toBe('completed');
    const revisions = (await ground.records(contract.contractId)).flatMap((record) =>
      record.type === 'contract.activated' ? [record.data.contract.revision] : [],
    );
    expect(revisions).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
