import { ManualTime, promisesSettled } from '@intendant/kernel/testing';
import type { Logger } from '@intendant/nest-kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { PartitionHolds, type Standing } from './partition-holds.js';

/** Work that ends when the test says so. */
interface Underway {
  readonly what: 'gain' | 'release';
  readonly partition: number;
  end(epoch: number): void;
  fail(error: Error): void;
}

describe('what a replica holds', () => {
  let time: ManualTime;
  let underway: Underway[];
  let begun: string[];
  let standings: Map<number, Standing>;
  let holds: PartitionHolds;
  let changes: number;
  let told: { readonly reason?: string; readonly err?: unknown }[];

  const work = (what: Underway['what'], partition: number): Promise<number> => {
    begun.push(`${what} ${partition}`);
    return new Promise((resolve, reject) => {
      underway.push({ what, partition, end: resolve, fail: reject });
    });
  };
  const stand = async (standing: Standing, ...partitions: number[]): Promise<void> => {
    for (const partition of partitions) standings.set(partition, standing);
    holds.followAll();
    await promisesSettled();
  };
  const take = (partition: number): Underway | undefined => {
    const found = underway.find((one) => one.partition === partition);
    underway = underway.filter((one) => one !== found);
    return found;
  };
  const end = async (partition: number, epoch = 1): Promise<void> => {
    take(partition)?.end(epoch);
    await promisesSettled();
  };
  const fail = async (partition: number, reason = 'refused by the test'): Promise<void> => {
    take(partition)?.fail(new Error(reason));
    await promisesSettled();
  };

  beforeEach(() => {
    time = new ManualTime();
    underway = [];
    begun = [];
    changes = 0;
    told = [];
    standings = new Map();
    const ports = {
      gain: (partition: number) => work('gain', partition),
      release: async (partition: number) => void (await work('release', partition)),
      clock: time,
      scheduler: time,
      logger: { error: (fields: (typeof told)[number]) => void told.push(fields) } as unknown as Logger,
    };
    const standing = (partition: number): Standing => standings.get(partition) ?? 'other';
    holds = new PartitionHolds(8, ports, standing, () => {
      changes += 1;
    });
  });

  it('is taken four at a time, and counts when it is there', async () => {
    await stand('hold', 0, 1, 2, 3, 4, 5);
    expect(begun).toEqual(['gain 0', 'gain 1', 'gain 2', 'gain 3']);
    expect([holds.held(1), holds.owned, holds.empty]).toEqual([false, [], false]);
    await end(1, 7);
    expect([holds.held(1), holds.owned, changes]).toEqual([true, [{ partition: 1, epoch: 7 }], 1]);
    expect(begun.slice(4)).toEqual(['gain 4']);
  });

  it('is not taken when it is not to be held any more by the time its turn comes', async () => {
    await stand('hold', 0, 1, 2, 3, 4);
    await stand('other', 4);
    await end(0);
    expect(begun).not.toContain('gain 4');
  });

  it('is not given up before it was taken, nor taken before it was given up', async () => {
    await stand('hold', 0);
    await stand('other', 0);
    expect(begun).toEqual(['gain 0']);
    await end(0);
    expect(begun).toEqual(['gain 0', 'release 0']);
    expect([holds.held(0), holds.owned]).toEqual([false, [{ partition: 0, epoch: 1 }]]);
    await stand('hold', 0);
    expect(begun).toHaveLength(2);
    await end(0);
    expect(holds.released).toEqual([0]);
    // Curator has to hear of it first
    await stand('hold', 0);
    expect(begun).toHaveLength(2);
    holds.told([0]);
    await stand('hold', 0);
    expect(begun).toEqual(['gain 0', 'release 0', 'gain 0']);
  });

  it('is tried again when it could not be taken, later and later, without holding up the rest', async () => {
    await stand('hold', 0, 1);
    await fail(0);
    await end(1);
    expect(holds.held(1)).toBe(true);
    const waits: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      holds.followAll();
      waits.push((time.nextDueMs() ?? 0) - time.nowMs());
      await time.pass(waits.at(-1) ?? 0);
      await fail(0);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    expect(begun.filter((what) => what === 'gain 0')).toHaveLength(8);
  });

  it('is told of once for each reason that it could not be taken, without a stack, and again after it was held', async () => {
    const failAgain = async (reason: string): Promise<void> => {
      await fail(0, reason);
      await time.pass(10_000);
    };
    await stand('hold', 0);
    for (const reason of ['lost', 'lost', 'away', 'away', 'lost']) await failAgain(reason);
    expect(told.map(({ reason, err }) => [reason, err])).toEqual(
      [['lost'], ['away'], ['lost']].map(([one]) => [one, undefined]),
    );
    await end(0);
    holds.lost(0);
    await stand('hold', 0);
    await failAgain('lost');
    expect(told).toHaveLength(4);
  });

  it('is not tried again when it is another’s by then', async () => {
    await stand('hold', 0);
    await fail(0);
    await stand('other', 0);
    expect(time.timersSet).toBe(0);
  });

  it('is told as given up when it never was taken, and when giving it up went wrong', async () => {
    await stand('yield', 0);
    expect([holds.released, begun]).toEqual([[0], []]);
    await stand('hold', 1);
    await end(1);
    await stand('yield', 1);
    await fail(1);
    expect([holds.released, holds.empty]).toEqual([[0, 1], true]);
  });

  it('stays when it is only not to be taken', async () => {
    await stand('hold', 0);
    await end(0);
    await stand('keep', 0, 1);
    expect([holds.held(0), begun]).toEqual([true, ['gain 0']]);
  });

  it('is gone at once when the log took it away, and is not released then', async () => {
    await stand('hold', 0);
    await end(0);
    standings.set(0, 'keep');
    holds.lost(0);
    expect([holds.held(0), holds.empty, holds.owned]).toEqual([false, true, []]);
    await stand('hold', 0);
    expect(begun).toEqual(['gain 0', 'gain 0']);
  });

  it('is taken later and later when it is taken away again and again, and at once when that is long ago', async () => {
    const waitAfterLoss = async (): Promise<number> => {
      const before = begun.length;
      holds.lost(0);
      await stand('keep', 0);
      await stand('hold', 0);
      const waitMs = begun.length > before ? 0 : (time.nextDueMs() ?? Number.NaN) - time.nowMs();
      await time.pass(waitMs);
      await end(0);
      expect(holds.held(0)).toBe(true);
      return waitMs;
    };
    await stand('hold', 0);
    await end(0);
    const waits: number[] = [];
    for (let loss = 0; loss < 9; loss += 1) waits.push(await waitAfterLoss());
    expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    await time.pass(60_001);
    expect(await waitAfterLoss()).toBe(0);
  });

  it('is undone when the log took it away as it was being taken', async () => {
    await stand('hold', 0);
    standings.set(0, 'keep');
    holds.lost(0);
    await end(0);
    expect([begun, holds.held(0)]).toEqual([['gain 0', 'release 0'], false]);
    await end(0);
    expect([holds.empty, holds.released]).toEqual([true, []]);
  });

  it('changes no more once it is stopped', async () => {
    await stand('hold', 0, 1);
    await fail(0);
    holds.stop();
    await stand('hold', 2);
    await end(1);
    expect([begun, time.timersSet, changes]).toEqual([['gain 0', 'gain 1'], 0, 1]);
  });
});
