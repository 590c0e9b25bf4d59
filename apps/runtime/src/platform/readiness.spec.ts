import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, it } from '@jest/globals';
import { Holders } from '../link/holders.js';
import type { Ownership } from '../ownership/ownership.js';
import { SoleOwnership } from '../ownership/sole-ownership.js';
import { type Asked, unreadyReasons } from './readiness.js';

const PARTITIONS = 3;

/** A Runtime that lacks nothing but these partitions. */
function reasonsWith(ownership: Pick<Ownership, 'othersReady'>, ...halted: readonly number[]): string[] {
  const time = new ManualTime();
  const holders = new Holders('here', time, time);
  holders.heed(ownership as Ownership);
  for (const partition of halted) holders.halted(partition, 'hash does not match');
  return unreadyReasons({
    holders,
    log: { partitionCount: PARTITIONS },
    drain: { begun: false },
    freeSpace: { shortage: () => null },
    holding: { unready: () => null },
    policyWatch: { ageMs: () => 0 },
    registryWatch: { heard: true },
    wal: { closedBecause: null },
  } as unknown as Asked);
}

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
