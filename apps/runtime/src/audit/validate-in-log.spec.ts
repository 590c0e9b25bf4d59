import { acceptCommand, History, succeeded } from '@intendant/execution/testing';
import { LogCorrupt, MemoryWal, partitionOf } from '@intendant/wal';
import { MemoryPartitionStore, SAMPLE_IDS } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { validateInLog } from './validate-in-log.js';

const ID = SAMPLE_IDS.executionId;
const PARTITIONS = 4;
const partition = partitionOf(ID, PARTITIONS);
const { entries } = History.of(acceptCommand(), succeeded(1));

/** A log that still holds the first `kept` entries; the index beside it folded `indexed` of them before. */
async function logOf(kept: number, indexed: number) {
  const wal = new MemoryWal(PARTITIONS);
  const lease = await wal.acquire(partition);
  await wal.append(lease, entries.slice(0, kept));
  const store = new MemoryPartitionStore();
  entries.slice(0, indexed).forEach((entry, index) => {
    store.apply({ ...entry, partition, epoch: lease.epoch, position: index + 1 });
  });
  return {
    store,
    describe: () => wal.describe(),
    readStream: (streamId: string) => wal.readStream(streamId),
    streamHead: (streamId: string) => wal.streamHead(streamId),
    goOn: () => wal.append(lease, entries.slice(kept)),
  };
}

describe('validating an execution in its log', () => {
  it.each([
    ['settled', entries.length],
    ['not settled yet', entries.length - 1],
  ])('passes one that is %s', async (_name, recorded) => {
    expect(await validateInLog(await logOf(recorded, recorded), ID)).toMatchObject({ valid: true });
  });

  it('names the place after which the outcome of a settled one was taken out of the log', async () => {
    const kept = entries.length - 1;
    const report = await validateInLog(await logOf(kept, entries.length), ID);
    expect(report.valid).toBe(false);
    expect(report.checks.filter((one) => !one.passed)).toEqual([
      {
        check: 'log_complete',
        passed: false,
        seq: entries[kept - 1]?.records.at(-1)?.seq,
        finding: expect.stringContaining('what came after this is missing'),
      },
    ]);
  });

  it('raises no alarm over one that settles while it is read', async () => {
    const log = await logOf(entries.length - 1, entries.length);
    const readStream = async (streamId: string) => {
      const read = await log.readStream(streamId);
      await log.goOn();
      return read;
    };
    expect(await validateInLog({ ...log, readStream }, ID)).toMatchObject({ valid: true });
  });

  it('judges a sound one by its log alone when another entry of the partition is unsound', async () => {
    const log = await logOf(entries.length, entries.length);
    log.store.liveExecutions = () => {
      throw new LogCorrupt('another stream', 'hash does not match the bytes');
    };
    expect(await validateInLog(log, ID)).toMatchObject({ valid: true });
  });

  it('reports one that cannot be read as such', async () => {
    const readStream = () => Promise.reject(new LogCorrupt(`${ID} seq 7`, 'hash does not match the bytes'));
    const report = await validateInLog({ ...(await logOf(1, 1)), readStream }, ID);
    expect(report.checks[0]).toMatchObject({ check: 'log_complete', passed: false, seq: 7 });
  });
});
