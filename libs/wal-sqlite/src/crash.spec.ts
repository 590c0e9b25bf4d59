import { digestOf } from '@intendant/kernel';
import { type PartitionStore, type StoredEntry, verifyStream } from '@intendant/wal';
import { executionIn, LogBook, MemoryPartitionStore } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { withLog } from '../test/temporary-log.js';
import { acknowledged, WriterProcess } from '../test/writer-process.js';
import { DirectoryInUse } from './lock.js';
import type { SqliteWal } from './sqlite-wal.js';

/** Checks that the log is whole, that it holds what was acknowledged, and that the store is its fold. */
async function checkLog(wal: SqliteWal, promised: ReadonlyMap<string, number>): Promise<void> {
  const store = new MemoryPartitionStore();
  const streams = new Map<string, StoredEntry[]>();
  for (const partition of [0, 1, 2, 3]) {
    const entries = await wal.read(partition, 1, 1_000_000);
    expect(entries.map((entry) => entry.position)).toEqual(entries.map((_entry, index) => index + 1));
    expect(entries.map((entry) => entry.epoch)).toEqual(entries.map((entry) => entry.epoch).sort((a, b) => a - b));
    for (const entry of entries) {
      store.apply(entry);
      streams.set(entry.streamId, [...(streams.get(entry.streamId) ?? []), entry]);
    }
    expect(new Set(wal.store.liveExecutions(partition))).toEqual(new Set(store.liveExecutions(partition)));
  }
  const lastOf = (streamId: string): number =>
    streams
      .get(streamId)
      ?.flatMap((entry) => entry.records)
      .at(-1)?.seq ?? 0;
  expect([...promised].filter(([streamId, seq]) => lastOf(streamId) < seq)).toEqual([]);
  const broken = [...streams].filter(([streamId, entries]) => verifyStream(streamId, entries) !== null);
  expect(broken).toEqual([]);
  const holderOf = (from: PartitionStore, streamId: string) => from.keyHolder(digestOf(['key', streamId]))?.executionId;
  const unlike = [...streams.keys()].filter((streamId) => holderOf(wal.store, streamId) !== holderOf(store, streamId));
  expect(unlike).toEqual([]);
}

describe('a process that is killed', () => {
  it('loses nothing that it acknowledged, at twenty moments', () =>
    withLog(async ({ directory, open }) => {
      const promised = new Map<string, number>();
      for (let run = 0; run < 20; run += 1) {
        const lines = await new WriterProcess(directory, run).killAfter(2 + Math.floor(Math.random() ** 2 * 1_500));
        for (const [streamId, seq] of acknowledged(lines)) promised.set(streamId, seq);
        const wal = open();
        await checkLog(wal, run % 5 === 4 ? promised : acknowledged(lines));
        await wal.close();
      }
      expect(promised.size).toBeGreaterThan(20);
    }));

  it('held the directory, and holds it no longer', () =>
    withLog(async ({ directory, open }) => {
      const writer = new WriterProcess(directory, 0);
      await writer.ready();
      expect(() => open()).toThrow(DirectoryInUse);
      await writer.killAfter(0);
      const wal = open();
      expect(() => open()).toThrow(DirectoryInUse);
      expect(() => open()).toThrow(directory);
      await wal.close();
      await open().close();
    }));
});

describe('a disk that is full', () => {
  it('ends all acknowledgement; what was acknowledged is kept, and writing goes on after a restart with room', () =>
    withLog(async ({ directory, open }) => {
      const lines = await new WriterProcess(directory, 0, 1_024).end();
      const refusals = lines
        .filter((line) => line.startsWith('refused '))
        .map((line) => JSON.parse(line.slice(8)) as unknown);
      expect(refusals).toHaveLength(8);
      for (const refusal of refusals)
        expect(refusal).toEqual({ error: 'AppendInDoubt', again: 'LogClosed', visible: false });
      const firstRefusal = lines.findIndex((line) => line.startsWith('refused '));
      expect(lines.slice(firstRefusal).filter((line) => line.startsWith('acknowledged '))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('because '))).toHaveLength(1);
      const promised = acknowledged(lines);
      expect(promised.size).toBeGreaterThan(50);
      const wal = open();
      await checkLog(wal, promised);
      const before = await wal.tail(0);
      const entry = new LogBook().next(executionIn(0, 0xfffffff));
      expect(await wal.append(await wal.acquire(0), [entry])).toEqual([before + 1]);
    }));
});
