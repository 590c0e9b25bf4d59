import { failure, type Principal } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { RpcUnavailable, systemClock } from '@intendant/nest-kit';
import { LogWriter } from '@intendant/partition';
import { auditOf, MemoryWal } from '@intendant/wal';
import { SAMPLE_DATA } from '@intendant/wal/testing';
import { expect, it } from '@jest/globals';
import type { Refused } from '../intake/refusals.js';
import { publishPolicy } from './publish-policy.js';

const principal: Principal = { tenantId: 'acme', userId: 'ada', roles: [], mode: 'standard' };
const { decision } = SAMPLE_DATA['policy.decided'];
const bundle = { revision: 3 };
const PUBLISHED = { revision: 3, digest: digestOf('compiled') };

async function publishing(publish: () => Promise<typeof PUBLISHED | { failure: ReturnType<typeof failure> }>) {
  const log = new LogWriter(new MemoryWal(1), systemClock);
  await log.claimAll();
  const refused: Refused[] = [];
  const records = async () => (await log.readStream(auditOf('acme'))).flatMap((entry) => entry.records);
  /** The records that Smart City could have found when it was asked. */
  let before: readonly string[] = [];
  const ports = {
    log,
    refusals: { record: async (one: Refused) => `rfs_${refused.push(one)}` },
    policy: {
      publish: async () => {
        before = (await records()).map(({ type }) => type);
        return publish();
      },
    },
    policyWatch: { revisionOf: () => 2 },
  };
  const outcome = await publishPolicy(ports as never, { principal, correlationId: 'c1', bundle, decision }).catch(
    ({ failure: found }) => found,
  );
  return { outcome, before, records: await records(), refused };
}

it('records who asked for what before Smart City hears of it, and then what is in force', async () => {
  const { outcome, before, records } = await publishing(async () => PUBLISHED);
  expect(outcome).toEqual(PUBLISHED);
  expect(before).toEqual(['policy.publication_requested']);
  expect(records).toMatchObject([
    { type: 'policy.publication_requested', actor: 'user:ada', data: { bundleDigest: digestOf(bundle), decision } },
    { type: 'policy.published', actor: 'user:ada', data: { ...PUBLISHED, previousRevision: 2 } },
  ]);
});

it('keeps the record of the request when nobody knows what became of it', async () => {
  const { outcome, records, refused } = await publishing(() =>
    Promise.reject(new RpcUnavailable('timeout', 'no answer')),
  );
  expect(outcome).toMatchObject({ code: 'policy_unavailable' });
  expect(records.map(({ type }) => type)).toEqual(['policy.publication_requested']);
  expect(refused).toEqual([]);
});

it.each(['policy_invalid', 'policy_conflict'] as const)('records %s as a refusal', async (code) => {
  const found = failure(code, 'no', { field: '/bundle/rules', extra: { problems: [] } });
  const { outcome, refused } = await publishing(async () => ({ failure: found }));
  expect(outcome).toMatchObject({ code, field: '/rules', extra: { problems: [], refusalId: 'rfs_1' } });
  expect(refused).toMatchObject([{ found: { code }, asked: { action: 'policy.publish' }, decision }]);
});
