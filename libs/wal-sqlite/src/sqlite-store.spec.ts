import { canonicalJson, digestOf } from '@intendant/kernel';
import {
  type Attribution,
  EMPTY_HEAD,
  encodeEntry,
  headAfter,
  type Lease,
  type PartitionStore,
  type RecordDraft,
  type StreamHead,
} from '@intendant/wal';
import { executionIn, MemoryPartitionStore, SAMPLE_DATA, SAMPLE_IDS, sampleAttribution } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withLog } from '../test/temporary-log.js';
import { verifyLog } from './index.js';

const PARTITIONS = 4;
const KEYS = [0, 1, 2].map((n) => digestOf(`key-${n}`));
const REFERENCES = ['table_1', 'note_1', `content://${digestOf('bytes')}`];
const OWNERS = ['ada', 'bob'];
const STATES = ['a', 'a/b', 'x'];
const REFUSALS = ['rfs_1', 'rfs_2'];
const TENANTS = ['acme', 'globex'];
const STREAMS = [0, 1, 2].flatMap((n) => [0, 1].map((partition) => executionIn(partition, n)));

const draftOf = (type: RecordDraft['type'], data: object): RecordDraft =>
  ({ type, data, actor: 'runtime', cause: null }) as RecordDraft;
const draft: fc.Arbitrary<RecordDraft> = fc.oneof(
  fc
    .constantFrom('execution.started', 'execution.resumed', 'execution.completed', 'execution.failed', 'step.failed')
    .map((type) => draftOf(type as 'step.failed', SAMPLE_DATA[type as 'step.failed'])),
  fc
    .record({ keyDigest: fc.constantFrom(...KEYS, null), fingerprint: fc.constantFrom(digestOf(1), digestOf(2)) })
    .map((data) => draftOf('intent.received', { ...SAMPLE_DATA['intent.received'], ...data })),
  fc
    .record({
      reference: fc.constantFrom(...REFERENCES),
      ownerUserId: fc.constantFrom(...OWNERS),
      content: fc.constantFrom(null, SAMPLE_DATA['data.registered'].content),
    })
    .map((data) => draftOf('data.registered', { ...SAMPLE_DATA['data.registered'], ...data })),
  fc
    .record({
      key: fc.constantFrom(...STATES),
      scope: fc.constantFrom('session', 'execution'),
      value: fc.jsonValue({ stringUnit: 'binary' }),
    })
    .map((data) => draftOf('state.changed', data)),
  fc
    .record({ refusalId: fc.constantFrom(...REFUSALS) })
    .map((data) => draftOf('intent.rejected', { ...SAMPLE_DATA['intent.rejected'], ...data })),
);

type Step =
  | {
      readonly append: {
        readonly streamId: string;
        readonly tenantId: string;
        readonly drafts: readonly RecordDraft[];
      };
    }
  | { readonly restart: 'reopen' | 'rebuild' };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      append: fc.record({
        streamId: fc.constantFrom(...STREAMS),
        tenantId: fc.constantFrom(...TENANTS),
        drafts: fc.array(draft, { minLength: 1, maxLength: 5 }),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ restart: fc.constantFrom('reopen' as const, 'rebuild' as const) }) },
);

/** Every answer a store can give about this small world, as text. */
function answersOf(store: PartitionStore): string {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  return canonicalJson({
    keys: KEYS.map((key) => store.keyHolder(key) ?? null).map(
      (row) => row && [row.keyDigest, row.executionId, row.fingerprint],
    ),
    live: partitions.map((partition) => [...store.liveExecutions(partition)].sort((a, b) => a.localeCompare(b))),
    references: TENANTS.flatMap((tenant) =>
      REFERENCES.map((reference) =>
        [...store.references(tenant, reference)]
          .map(({ tenantId, ownerUserId, resourceClass, content, executionId }) => ({
            tenantId,
            reference,
            ownerUserId,
            resourceClass,
            content,
            executionId,
          }))
          .sort((a, b) => a.ownerUserId.localeCompare(b.ownerUserId)),
      ),
    ),
    states: [SAMPLE_IDS.sessionId, ...STREAMS].flatMap((owner) =>
      STATES.map((key) => [store.state(owner, key) ?? 'none', store.state(owner, key) === undefined]),
    ),
    refusals: TENANTS.flatMap((tenant) => REFUSALS.map((refusal) => store.refusalSeq(tenant, refusal) ?? null)),
    applied: partitions.map((partition) => store.applied(partition)),
  });
}

describe('the partition store', () => {
  it('is the fold of the journal, whatever was appended, over restarts and when rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) =>
        withLog(async ({ open, directory }) => {
          let wal = open();
          const model = new MemoryPartitionStore();
          const heads = new Map<string, StreamHead>();
          const leases = new Map<number, Lease>();
          const claim = async (): Promise<void> => {
            for (const partition of [0, 1]) leases.set(partition, await wal.acquire(partition));
          };
          await claim();
          for (const one of steps) {
            if ('append' in one) {
              const { streamId, tenantId, drafts } = one.append;
              const attribution: Attribution = { ...sampleAttribution(streamId), tenantId };
              const entry = encodeEntry(
                streamId,
                heads.get(streamId) ?? EMPTY_HEAD,
                attribution,
                SAMPLE_IDS.at,
                drafts,
              );
              heads.set(streamId, headAfter(entry));
              const lease = leases.get(Number.parseInt(streamId.slice(-4), 16)) as Lease;
              const [position = 0] = await wal.append(lease, [entry]);
              model.apply({ ...entry, partition: lease.partition, epoch: lease.epoch, position });
            } else if (one.restart === 'rebuild') wal.rebuildStore();
            else {
              await wal.close();
              expect((await verifyLog(directory)).findings).toEqual([]);
              wal = open();
              await claim();
            }
            expect(answersOf(wal.store)).toBe(answersOf(model));
          }
          wal.rebuildStore();
          expect(answersOf(wal.store)).toBe(answersOf(model));
          expect((await verifyLog(directory)).findings).toEqual([]);
        }),
      ),
      { numRuns: 30 },
    );
  });

  it('is right when its tables lag behind, and after they were written in between', () =>
    withLog(async ({ open, tamper }) => {
      let wal = open();
      let lease = await wal.acquire(0);
      const appends: Promise<unknown>[] = [];
      for (let n = 0; n < 3_000; n += 1) {
        const streamId = executionIn(0, n);
        const data = { ...SAMPLE_DATA['intent.received'], keyDigest: digestOf(`key-${n}`) };
        const drafts = [draftOf('intent.received', data), draftOf('execution.started', {})];
        const entry = encodeEntry(streamId, EMPTY_HEAD, sampleAttribution(streamId), SAMPLE_IDS.at, drafts);
        const end = encodeEntry(streamId, headAfter(entry), sampleAttribution(streamId), SAMPLE_IDS.at, [
          draftOf('execution.completed', SAMPLE_DATA['execution.completed']),
        ]);
        appends.push(wal.append(lease, n % 3 === 0 ? [entry] : [entry, end]));
        if (n % 100 === 99) await Promise.all(appends.splice(0));
      }
      const check = (): void => {
        expect(wal.store.liveExecutions(0)).toHaveLength(1_000);
        for (const n of [0, 1, 1_500, 2_998, 2_999])
          expect(wal.store.keyHolder(digestOf(`key-${n}`))?.executionId).toBe(executionIn(0, n));
        expect(wal.store.keyHolder(digestOf('key-3000'))).toBeUndefined();
      };
      check();
      await wal.close();
      wal = open();
      check();
      await wal.close();
      tamper((db) =>
        db.exec("UPDATE meta SET value = '0' WHERE name = 'store_ordinal'; DELETE FROM live; DELETE FROM key_holder"),
      );
      wal = open();
      check();
      lease = await wal.acquire(0);
      expect(
        await wal.append(lease, [
          encodeEntry(executionIn(0, 9_999), EMPTY_HEAD, sampleAttribution(), SAMPLE_IDS.at, [
            draftOf('execution.started', {}),
          ]),
        ]),
      ).toHaveLength(1);
    }));
});
