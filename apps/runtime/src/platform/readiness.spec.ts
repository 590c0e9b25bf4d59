import { ManualTime } from '@intendant/kernel/testing';
import type { RpcClient } from '@intendant/nest-kit';
import type { WalDescription } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import { HealthController } from '../http/health.controller.js';
import { Holders } from '../link/holders.js';
import type { Ownership } from '../ownership/ownership.js';
import { SoleOwnership } from '../ownership/sole-ownership.js';
import { PolicyWatch } from '../policy/policy-watch.js';
import { type Asked, unreadyReasons } from './readiness.js';

const PARTITIONS = 3;

const ABLE = {
  log: { partitionCount: PARTITIONS },
  drain: { begun: false },
  freeSpace: { shortage: () => null },
  holding: { unready: () => null },
  policyWatch: { ageMs: () => 0, silentMs: () => 0, isOutOfDate: false },
  registryWatch: { heard: true },
  wal: { closedBecause: null },
};

/** A Runtime that lacks nothing but these partitions. */
function runtimeWith(ownership: Pick<Ownership, 'othersReady'>, ...halted: readonly number[]) {
  const time = new ManualTime();
  const holders = new Holders('here', time, time);
  holders.heed(ownership as Ownership);
  for (const partition of halted) holders.halted(partition, 'hash does not match');
  return { ...ABLE, holders };
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

describe('a Runtime and the age of the policies it is decided by', () => {
  const time = new ManualTime();
  let tell: (message: unknown) => void = () => undefined;
  const rpc: Pick<RpcClient, 'watch'> = {
    watch: (_pattern, _data, onMessage) => {
      tell = onMessage as (message: unknown) => void;
      return () => undefined;
    },
  };
  const policyWatch = new PolicyWatch(rpc as RpcClient, time);
  policyWatch.start();
  const reasons = (): string[] => {
    const holders = { haltedHere: new Map(), othersReady: false };
    return unreadyReasons({ ...ABLE, holders, policyWatch } as unknown as Asked);
  };
  /** Every five seconds, whatever its store does; its clock is an hour behind the one here. */
  const smartCitySays = (ageMs: number, isOutOfDate: boolean): void =>
    tell({ revisions: {}, checkedAt: new Date(time.nowMs() - 3_600_000 - ageMs).toISOString(), ageMs, isOutOfDate });

  it('is not ready before Smart City was heard, nor while it is silent', async () => {
    expect(policyWatch.ageMs()).toBe(Number.POSITIVE_INFINITY);
    expect(reasons()).toEqual(['Smart City has not been heard']);
    smartCitySays(2_000, false);
    expect(reasons()).toEqual([]);
    await time.pass(15_001);
    expect(policyWatch.ageMs()).toBe(17_001);
    expect(reasons()).toEqual(['Smart City has not been heard']);
  });

  it('is not ready while a Smart City that speaks denies everything, as its store is away, and is again when it is back', async () => {
    for (let ageMs = 5_000; ageMs <= 60_000; ageMs += 5_000) {
      smartCitySays(ageMs, false);
      expect(reasons()).toEqual([]);
      await time.pass(5_000);
    }
    smartCitySays(65_000, true);
    await time.pass(1_000);
    expect(policyWatch.ageMs()).toBe(66_000);
    expect(reasons()).toEqual(['Smart City cannot read its policies and denies everything']);
    smartCitySays(0, false);
    expect(reasons()).toEqual([]);
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
