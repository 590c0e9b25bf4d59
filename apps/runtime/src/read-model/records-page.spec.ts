import type { EntryLocation, ReadModel, RecordPlace } from '@intendant/read-model';
import { EMPTY_HEAD, encodeEntry, headAfter, MemoryWal, type RecordDraft } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordsPage } from './records-page.js';

const STREAM = `ses_${'0'.repeat(32)}`;
const AT = '2026-05-04T10:00:00.000Z';
const attribution = { tenantId: 'acme', sessionId: STREAM, executionId: null, intentId: null, correlationId: null };
const opened: RecordDraft = {
  type: 'session.opened',
  actor: 'user:ada',
  cause: null,
  data: { context: {}, userId: 'ada' },
};
const closed: RecordDraft = { type: 'session.closed', actor: 'user:ada', cause: null, data: { reason: 'done' } };

/** A log of one stream, and an index of it as the read model gives one; `kinds` says entry by entry which records it has. */
async function logOf(kinds: readonly (readonly boolean[])[]) {
  const wal = new MemoryWal(1);
  const lease = await wal.acquire(0);
  const index: (EntryLocation & { types: string[] })[] = [];
  let head = EMPTY_HEAD;
  for (const kind of kinds) {
    const drafts = kind.map((isOpening) => (isOpening ? opened : closed));
    const entry = encodeEntry(STREAM, head, attribution, AT, drafts);
    const [position] = await wal.append(lease, [entry]);
    const types = entry.records.map(({ type }) => type);
    index.push({
      partition: 0,
      position: position as number,
      streamId: STREAM,
      firstSeq: head.nextSeq,
      occurredAt: AT,
      types,
    });
    head = headAfter(entry);
  }
  const entries: ReadModel['entries'] = async (_tenantId, { type }, from, limit) =>
    index
      .filter(
        ({ types, position }) => (type === undefined || types.includes(type)) && position >= (from?.position ?? 0),
      )
      .slice(0, limit);
  const log = { read: wal.read.bind(wal), catchUp: async () => undefined };
  return { wal: log, model: { entries } as Partial<ReadModel> as ReadModel };
}

describe('pages of records', () => {
  it('put together are the log, wherever they are cut', async () => {
    const anyLog = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(anyLog, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (kinds, limit, onlyOpenings) => {
        const { wal, model } = await logOf(kinds);
        const filter = onlyOpenings ? { type: 'session.opened' } : {};
        const seen: number[] = [];
        let after: RecordPlace | null = null;
        do {
          const { records, next } = await recordsPage(model, wal, 'acme', filter, after, limit);
          expect(records.length).toBeLessThanOrEqual(limit);
          seen.push(...records.map(({ seq }) => seq));
          after = next;
        } while (after !== null);
        const all = kinds.flat().map((isOpening, index) => ({ isOpening, seq: index + 1 }));
        expect(seen).toEqual(all.filter(({ isOpening }) => isOpening || !onlyOpenings).map(({ seq }) => seq));
      }),
    );
  });

  it('wait for an entry that another replica has shown to the index, and say what to do when it does not come', async () => {
    const { wal, model } = await logOf([[true, false]]);
    let source: typeof wal.read = async () => [];
    const copy = (catchUp: () => Promise<void>) => ({
      read: (...range: Parameters<typeof source>) => source(...range),
      catchUp,
    });
    const behind = recordsPage(
      model,
      copy(async () => undefined),
      'acme',
      {},
      null,
      10,
    );
    await expect(behind).rejects.toMatchObject({ failure: { code: 'read_model_unavailable', retryAfterMs: 1_000 } });
    const caughtUp = copy(async () => {
      source = wal.read;
    });
    expect((await recordsPage(model, caughtUp, 'acme', {}, null, 10)).records).toHaveLength(2);
  });

  it('name an entry of the index that is another one in the log, and never show another tenant’s', async () => {
    const { wal, model } = await logOf([[true]]);
    const { wal: other } = await logOf([[true]]);
    const elsewhere = async (...range: Parameters<typeof other.read>) =>
      (await other.read(...range)).map((entry) => ({ ...entry, streamId: `ses_${'1'.repeat(32)}` }));
    const found = recordsPage(model, { ...other, read: elsewhere }, 'acme', {}, null, 10);
    await expect(found).rejects.toThrow(`log corrupt at ${STREAM} seq 1`);
    await expect(recordsPage(model, wal, 'globex', {}, null, 10)).rejects.toThrow(`log corrupt at ${STREAM} seq 1`);
  });
});
