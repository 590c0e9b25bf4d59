import { ManualTime, promisesSettled } from '@intendant/kernel/testing';
import {
  auditOf,
  EMPTY_HEAD,
  type Entry,
  Fenced,
  MemoryWal,
  partitionOf,
  type RecordDraft,
  refusalsOf,
  verifyStream,
} from '@intendant/wal';
import { executionIn, LogBook, sampleAttribution, sampleDraft } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { GatedWal } from '../test/gated-wal.js';
import { LogWriter } from './log-writer.js';

const STREAM = refusalsOf('acme');
const attribution = sampleAttribution(null);
const draft = sampleDraft('refusal.counted');
/** A number that JSON cannot say: the entry cannot be placed. */
const unsayable = { ...draft, data: { code: 'x', count: Number.NaN, windowMs: 1 } } as RecordDraft;

async function writer(): Promise<{ log: LogWriter; wal: GatedWal }> {
  const wal = new GatedWal(new MemoryWal(4));
  const log = new LogWriter(wal, new ManualTime());
  await log.claimAll();
  return { log, wal };
}

describe('a shared stream', () => {
  it('takes what many append at once, one after the other', async () => {
    const { log, wal } = await writer();
    const entries = await Promise.all(
      Array.from({ length: 50 }, () => log.append(STREAM, attribution, [draft, draft])),
    );
    expect(entries.map((entry) => entry.firstSeq)).toEqual(Array.from({ length: 50 }, (_, n) => 2 * n + 1));
    expect(verifyStream(STREAM, await wal.readStream(STREAM))).toBeNull();
    expect(await wal.streamHead(STREAM)).toMatchObject({ nextSeq: 101 });
  });

  it('goes on after an entry that could not be placed', async () => {
    const { log, wal } = await writer();
    const appends = [draft, unsayable, draft, unsayable, draft].map((one) => log.append(STREAM, attribution, [one]));
    const outcomes = await Promise.allSettled(appends);
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    await expect(log.append(STREAM, attribution, [unsayable])).rejects.toThrow(RangeError);
    await promisesSettled();
    expect((await log.append(STREAM, attribution, [draft])).firstSeq).toBe(4);
    expect(verifyStream(STREAM, await wal.readStream(STREAM))).toBeNull();
  });

  it('does not wait for another', async () => {
    const { log, wal } = await writer();
    wal.fate = (n) => (n === 1 ? 'held' : 'durable');
    const slow = log.append(STREAM, attribution, [draft]);
    expect((await log.append(auditOf('acme'), attribution, [draft])).firstSeq).toBe(1);
    wal.release();
    await slow;
  });
});

describe('listeners', () => {
  it('are told of every entry once it is durable, in order, until they stop', async () => {
    const { log, wal } = await writer();
    const told: number[] = [];
    const stop = log.onEntry((entry) => void told.push(entry.firstSeq));
    wal.fate = (n) => (n === 1 ? 'held' : 'durable');
    const append = log.append(STREAM, attribution, [draft]);
    await promisesSettled();
    expect(told).toEqual([]);
    wal.release();
    await append;
    await log.append(STREAM, attribution, [draft]);
    stop();
    await log.append(STREAM, attribution, [draft]);
    expect(told).toEqual([1, 2]);
  });

  it('are told nothing of an append that failed', async () => {
    const { log, wal } = await writer();
    const told: Entry[] = [];
    log.onEntry((entry) => void told.push(entry));
    wal.fate = () => 'in_doubt';
    await expect(log.append(STREAM, attribution, [draft])).rejects.toThrow(/in doubt/);
    expect(told).toEqual([]);
  });
});

describe('leases', () => {
  it('are held for every partition, with the epoch that calls carry', async () => {
    const { log } = await writer();
    const [first] = await log.claimAll();
    expect(first?.epoch).toBe(2);
    expect([0, 1, 2, 3].map((partition) => log.epochOf(executionIn(partition)))).toEqual([2, 2, 2, 2]);
  });

  it('are needed to append', async () => {
    const log = new LogWriter(new MemoryWal(4), new ManualTime());
    const refused = log.commit([new LogBook().next(executionIn(0))]);
    await expect(refused).rejects.toBeInstanceOf(Fenced);
    await expect(refused).rejects.toThrow('partition 0 is not held by this process');
    await expect(log.append(STREAM, attribution, [draft])).rejects.toBeInstanceOf(Fenced);
  });

  it('say which streams are written here, and can be given up one by one', async () => {
    const { log } = await writer();
    expect(log.holds(executionIn(2))).toBe(true);
    expect(log.giveUp(2)).toMatchObject({ partition: 2 });
    expect(log.holds(executionIn(2))).toBe(false);
    expect(log.held.map(({ partition }) => partition)).toEqual([0, 1, 3]);
    await expect(log.commit([new LogBook().next(executionIn(2))])).rejects.toBeInstanceOf(Fenced);
  });

  it('that others have are appended to through them, behind the place that was known', async () => {
    const wal = new MemoryWal(4);
    const elsewhere: unknown[] = [];
    const entry = new LogBook().next(STREAM);
    const append = async (...asked: unknown[]) => {
      elsewhere.push(asked);
      return entry;
    };
    const log = new LogWriter(wal, new ManualTime(), { append, catchUp: async () => undefined });
    expect(await log.append(STREAM, attribution, [draft])).toBe(entry);
    expect(await log.append(STREAM, attribution, ({ nextSeq }) => (nextSeq === 1 ? [draft, draft] : []))).toBe(entry);
    expect(elsewhere).toEqual([
      [STREAM, attribution, [draft], null],
      [STREAM, attribution, [draft, draft], 1],
    ]);
    expect(await wal.streamHead(STREAM)).toEqual(EMPTY_HEAD);
  });

  it('write entries with the time of the clock', async () => {
    const { log } = await writer();
    const entry = log.encode(STREAM, EMPTY_HEAD, attribution, [draft]);
    expect(entry.records[0]?.occurredAt).toBe(new Date(new ManualTime().nowMs()).toISOString());
  });
});

describe('a stream whose partition is on its way from one process to another', () => {
  /** Somebody else who does not hold the stream either, or finds it longer than it was said to be. */
  function elsewhere(after: (asked: number, log: LogWriter) => Promise<void>) {
    const time = new ManualTime();
    const asked: (number | null)[] = [];
    const log = new LogWriter(new MemoryWal(4), time, {
      append: async (_streamId, _attribution, _drafts, firstSeq) => {
        asked.push(firstSeq);
        await after(asked.length, log);
        await time.pass(15);
        return null;
      },
      catchUp: async () => undefined,
    });
    return { log, asked, time };
  }

  it('is written here as soon as it has arrived here', async () => {
    const { log, asked } = elsewhere(async (times, own) => void (times === 3 && (await own.claimAll())));
    const entry = await log.append(STREAM, attribution, [draft]);
    expect([entry.firstSeq, asked]).toEqual([1, [null, null, null]]);
  });

  it('is asked anew where it ends when somebody else was faster', async () => {
    const { log, asked } = elsewhere(async (times, own) => {
      if (times === 1) await own.wal.append(await own.wal.acquire(partitionOf(STREAM, 4)), [firstEntry(own)]);
      else await own.claimAll();
    });
    const entry = await log.append(
      STREAM,
      attribution,
      (head) => [{ ...draft, data: { ...draft.data, count: head.nextSeq } }] as readonly RecordDraft[],
    );
    expect(asked).toEqual([1, 2]);
    expect(entry.firstSeq).toBe(2);
  });

  it('is not waited for longer than eight seconds', async () => {
    const { log, time } = elsewhere(async () => undefined);
    await expect(log.append(STREAM, attribution, [draft])).rejects.toThrow('partition_unavailable');
    expect(time.nowMs() - new ManualTime().nowMs()).toBeLessThan(8_100);
  });
});

const firstEntry = (log: LogWriter): Entry => log.encode(STREAM, EMPTY_HEAD, attribution, [draft]);
