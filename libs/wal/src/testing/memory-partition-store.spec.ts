import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeEntry } from '../codec.js';
import { EMPTY_HEAD, type Entry, headAfter, type StreamHead } from '../entry.js';
import { Fenced } from '../errors.js';
import { MemoryWal } from '../memory-wal.js';
import type { RecordDraft, RecordType } from '../records.js';
import type { Lease, Wal } from '../wal.js';
import {
  executionIn,
  MemoryPartitionStore,
  SAMPLE_DATA,
  SAMPLE_IDS,
  sampleAttribution,
  sampleDraft,
  storeBeside,
} from './index.js';

const ID = executionIn(1);
const { keyDigest, fingerprint } = SAMPLE_DATA['intent.received'];
let store: MemoryPartitionStore;
let wal: Wal;
let lease: Lease;
let head: StreamHead;
beforeEach(async () => {
  store = new MemoryPartitionStore();
  wal = storeBeside(new MemoryWal(2), store);
  lease = await wal.acquire(1);
  head = EMPTY_HEAD;
});

function entryOf(...drafts: RecordDraft[]): Entry {
  const entry = encodeEntry(ID, head, sampleAttribution(ID), SAMPLE_IDS.at, drafts);
  head = headAfter(entry);
  return entry;
}
const append = (...types: RecordType[]): Promise<unknown> => wal.append(lease, [entryOf(...types.map(sampleDraft))]);

describe('the store in memory', () => {
  it('knows nothing at first', () => {
    expect([store.keyHolder(keyDigest ?? ''), store.liveExecutions(1), store.references('acme', 'table_1')]).toEqual([
      undefined,
      [],
      [],
    ]);
    expect([store.state(ID, 'a'), store.refusalSeq('acme', 'rfs'), store.applied(1)]).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });

  it('follows the log: keys, live executions, references, state, refusals, positions', async () => {
    await append('intent.received', 'execution.started');
    expect(store.keyHolder(keyDigest ?? '')).toEqual({ keyDigest, fingerprint, executionId: ID });
    expect([store.liveExecutions(0), store.liveExecutions(1)]).toEqual([[], [ID]]);
    await append('data.registered', 'state.changed', 'intent.rejected');
    expect(store.references('acme', 'table_1')).toMatchObject([
      { tenantId: 'acme', ownerUserId: 'ada', executionId: ID },
    ]);
    expect(store.references('globex', 'table_1')).toEqual([]);
    expect(store.state(SAMPLE_IDS.sessionId, 'parse/last')).toEqual(SAMPLE_DATA['state.changed'].value);
    expect(store.refusalSeq('acme', SAMPLE_IDS.refusalId)).toBe(5);
    await append('execution.completed');
    expect([store.liveExecutions(1), store.applied(1), store.applied(0)]).toEqual([[], 3, 0]);
  });

  it('is the same when an entry is applied twice', async () => {
    await append('intent.received', 'execution.started', 'data.registered');
    const [entry] = await wal.read(1, 1, 1);
    if (entry !== undefined) store.apply(entry);
    expect(store.liveExecutions(1)).toEqual([ID]);
    expect(store.references('acme', 'table_1')).toHaveLength(1);
  });

  it('keeps the registrations of a reference by its owners apart', async () => {
    const registered = sampleDraft('data.registered');
    const bobs = { ...registered, data: { ...registered.data, ownerUserId: 'bob' } } as RecordDraft;
    await wal.append(lease, [entryOf(registered, bobs, registered)]);
    expect(store.references('acme', 'table_1').map((row) => row.ownerUserId)).toEqual(['ada', 'bob']);
  });

  it('takes nothing from an append that was refused', async () => {
    const old = lease;
    await wal.acquire(1);
    await expect(wal.append(old, [entryOf(sampleDraft('execution.started'))])).rejects.toBeInstanceOf(Fenced);
    expect([store.liveExecutions(1), await wal.tail(1), wal.describe().partitionCount]).toEqual([[], 0, 2]);
    await wal.close();
  });
});
