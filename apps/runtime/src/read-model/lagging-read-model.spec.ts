import { NOT_CONNECTED, type ProjectorReport, type ReadModel } from '@intendant/read-model';
import { EMPTY_HEAD, encodeEntry, headAfter, type Lease, MemoryWal, partitionOf } from '@intendant/wal';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { LaggingReadModel, WAIT_MS_MAX } from './lagging-read-model.js';
import { observeReadModel } from './read-model-metrics.js';

const START_MS = Date.parse('2026-05-04T10:00:00.000Z');
const NOBODY = { tenantId: 'acme', sessionId: null, executionId: null, intentId: null, correlationId: null };
const ONE = `ses_${'0'.repeat(32)}`;

let nowMs: number;
let wal: MemoryWal;
let lease: Lease;
let head: typeof EMPTY_HEAD;
let projected: Map<number, number>;
let report: ProjectorReport;
let onPause: () => void;
let hurried: number;
let stale: boolean;
let lists: LaggingReadModel;

const append = async (): Promise<void> => {
  const data = { context: {}, userId: 'ada' };
  const drafts = [{ type: 'session.opened', actor: 'user:ada', cause: null, data } as const];
  const entry = encodeEntry(ONE, head, NOBODY, new Date(nowMs).toISOString(), drafts);
  head = headAfter(entry);
  await wal.append(lease, [entry]);
};

beforeEach(async () => {
  nowMs = START_MS;
  wal = new MemoryWal(2);
  lease = await wal.acquire(partitionOf(ONE, 2));
  head = EMPTY_HEAD;
  projected = new Map();
  report = NOT_CONNECTED;
  onPause = () => undefined;
  hurried = 0;
  stale = false;
  lists = new LaggingReadModel({
    model: { positions: async () => new Map(projected) } as Partial<ReadModel> as ReadModel,
    wal,
    clock: { nowMs: () => nowMs },
    pause: async (ms) => {
      nowMs += ms;
      onPause();
    },
    report: () => report,
    hurry: () => {
      hurried += 1;
    },
    copyIsStale: () => stale,
  });
});

describe('the read model behind the log', () => {
  it('waits until what the partition holds now is applied, and no longer', async () => {
    await append();
    onPause = () => {
      if (nowMs > START_MS + 100) projected.set(lease.partition, 1);
    };
    expect((await lists.covering(ONE)).get(lease.partition)).toBe(1);
    expect(nowMs - START_MS).toBeLessThan(250);
    expect(hurried).toBeGreaterThan(0);
    await append();
    expect(await lists.lagOf(projected)).toBe(1);
  });

  it('gives up after a bounded time, and says how far it is', async () => {
    await append();
    await append();
    await expect(lists.coveringAll()).rejects.toMatchObject({
      failure: { code: 'read_model_unavailable', extra: { lagEntries: 2 }, retryAfterMs: 1_000 },
    });
    expect(nowMs - START_MS).toBeGreaterThanOrEqual(WAIT_MS_MAX);
    expect(nowMs - START_MS).toBeLessThan(WAIT_MS_MAX + 200);
  });

  it('does not wait for a partition that is halted: names the entry', async () => {
    await append();
    const halted = { partition: lease.partition, place: `${ONE} seq 1`, finding: 'hash does not match the bytes' };
    report = { ...NOT_CONNECTED, connected: true, halted: [halted] };
    await expect(lists.covering(ONE)).rejects.toMatchObject({ name: 'LogCorrupt', place: `${ONE} seq 1` });
    expect(nowMs).toBe(START_MS);
  });

  it('tells no lag while nobody can know it here, and shows none', async () => {
    await append();
    const registry = new Registry();
    observeReadModel(lists, registry);
    const shown = async () =>
      (await registry.metrics()).match(/^intendant_read_model_lag_\w+ .*$/gm)?.map((line) => line.split(' ')) ?? [];
    const positions = [0, 0];
    positions[lease.partition] = 1;
    report = { ...NOT_CONNECTED, connected: true, active: true, positions };
    const known = [
      ['intendant_read_model_lag_entries', '0'],
      ['intendant_read_model_lag_seconds', '0'],
    ];
    expect(await shown()).toEqual(known);
    stale = true;
    expect([await lists.status(), await shown()]).toEqual([
      expect.objectContaining({ lagEntries: null, lagMs: null }),
      [],
    ]);
    stale = false;
    expect(await shown()).toEqual(known);
    // what lists hold is not of this copy of the log, or more than it has
    report = { ...report, active: false, problem: 'the copy of the log here does not reach yet what lists hold' };
    expect([await lists.status(), await shown()]).toEqual([
      expect.objectContaining({ lagEntries: null, lagMs: null }),
      [],
    ]);
    // another replica's projector is at work, and this copy of the log is whole
    report = { ...report, problem: null };
    expect(await shown()).toEqual(known);
  });

  it('tells its lag in entries and time without asking the database', async () => {
    expect(await lists.status()).toMatchObject({ connected: false, lagEntries: 0, lagMs: 0 });
    await append();
    nowMs += 700;
    await append();
    nowMs += 50;
    expect(await lists.status()).toMatchObject({ lagEntries: 2, lagMs: 750 });
    const positions = [0, 0];
    positions[lease.partition] = 1;
    report = { ...NOT_CONNECTED, connected: true, active: true, positions, rebuilding: [0, 0], applied: 1 };
    expect(await lists.status()).toMatchObject({ connected: true, lagEntries: 1, lagMs: 50, appliedEntries: 1 });
    expect(await lists.status()).toMatchObject({ active: true, rebuilding: true });
    const behind = { logPosition: 2, position: 1, lagEntries: 1, rebuiltPosition: 0 };
    expect((await lists.progress())[lease.partition]).toEqual({ partition: lease.partition, ...behind });
  });
});
