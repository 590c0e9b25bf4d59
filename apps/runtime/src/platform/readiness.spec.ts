import { ManualTime } from '@intendant/kernel/testing';
import type { WalDescription } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import { HealthController } from '../http/health.controller.js';
import { Holders } from '../link/holders.js';
import type { Ownership } from '../ownership/ownership.js';
import { SoleOwnership } from '../ownership/sole-ownership.js';
import { type Asked, unreadyReasons } from './readiness.js';

const PARTITIONS = 3;

/** A Runtime that lacks nothing but these partitions. */
function runtimeWith(ownership: Pick<Ownership, 'othersReady'>, ...halted: readonly number[]) {
  const time = new ManualTime();
  const holders = new Holders('here', time, time);
  holders.heed(ownership as Ownership);
  for (const partition of halted) holders.halted(partition, 'hash does not match');
  return {
    holders,
    log: { partitionCount: PARTITIONS },
    drain: { begun: false },
    freeSpace: { shortage: () => null },
    holding: { unready: () => null },
    policyWatch: { ageMs: () => 0 },
    registryWatch: { heard: true },
    wal: { closedBecause: null },
  };
}

const reasonsWith = (...given: Parameters<typeof runtimeWith>): string[] =>
  unreadyReasons(runtimeWith(...given) as unknown as Asked);

describe('a Runtime with a halted partition', () => {
  const sole = new SoleOwnership({ replicaId: 'here', linkUrl: 'https://here' });

  it('is ready when nobody else is: what is left would be served by nobody', () => {
    expect(reasonsWith(sole, 1)).toEqual([]);
    expect(reasonsWith({ othersReady: () => false }, 0, 1)).toEqual([]);
  });

  it('is not ready when another replica is, and names it', () => {
    expect(reasonsWith({ othersReady: () => true }, 1)).toEqual(['partition 1 is halted: hash does not match']);
    expect(reasonsWith({ othersReady: () => true })).toEqual([]);
  });

  it('is not ready when none is left', () => {
    expect(reasonsWith(sole, 0, 1, 2)).toHaveLength(PARTITIONS);
  });
});

describe('readiness', () => {
  it('says how durable the log really is: as it describes itself, and that it takes nothing while it does not', async () => {
    const declared: WalDescription = {
      backend: 'redis',
      durability: 'as set',
      survivesPowerLoss: true,
      partitionCount: 3,
    };
    const walWhen = async (refusal: Error | null) => {
      const runtime = runtimeWith(new SoleOwnership({ replicaId: 'here', linkUrl: 'https://here' }));
      const platform = {
        ...runtime,
        wal: { ...runtime.wal, describe: () => declared, refusal: () => refusal },
        freeSpace: { ...runtime.freeSpace, freeBytes: 1 },
        silence: { count: 0 },
        readModel: { lists: { status: () => Promise.resolve({ halted: [] }) } },
      };
      const reply = { status: () => reply } as never;
      return (await new HealthController(platform as never).ready(reply)).wal;
    };
    expect(await walWhen(null)).toEqual(declared);
    expect(await walWhen(new Error('too weak'))).toEqual({
      ...declared,
      durability: 'takes no appends: too weak',
      survivesPowerLoss: false,
    });
  });
});
