import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LEASE_MS, PlannedCluster } from '../../test/planned-cluster.js';
import { movesBetween, type OwnershipEvent, type OwnershipState } from '../index.js';

const IDS = ['a', 'b', 'c', 'd'];

type ReplicaStep = 'join' | 'crash' | 'renew' | 'ready' | 'unready' | 'drain';
type Step =
  | { readonly do: ReplicaStep; readonly id: string }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'restart' };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('renew' as const), id: fc.constantFrom(...IDS) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('join' as const, 'crash', 'ready', 'unready', 'drain'),
        id: fc.constantFrom(...IDS),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  ),
  { maxLength: 80 },
);
const partitionCounts = fc.integer({ min: 1, max: 20 });

function take(cluster: PlannedCluster, step: Step): void {
  if (step.do === 'restart') cluster.restartCurator();
  else if (step.do === 'pass') cluster.pass(step.ms);
  else takeOf(cluster, step.id, step.do);
}

function takeOf(cluster: PlannedCluster, id: string, what: ReplicaStep): void {
  const replica = cluster.replicas.get(id);
  if (replica === undefined) {
    if (what === 'join') cluster.join(id);
  } else if (what === 'renew') cluster.renew(id);
  else if (what === 'crash') cluster.crash(id);
  else if (what === 'drain') replica.draining = true;
  else if (what !== 'join') replica.ready = what === 'ready';
}

const settling = (state: OwnershipState, atMs: number): boolean => atMs < state.settlesAtMs;

/** What holds of every single step. */
function judge(before: OwnershipState, event: OwnershipEvent, after: OwnershipState): void {
  if (event.type === 'stalled') return;
  for (const { partition, from, to, reason } of movesBetween(before, after)) {
    const released =
      event.type === 'renewed' && event.said.replicaId === from && event.said.released.includes(partition);
    const outdone = reason === 'reported' && settling(after, event.atMs);
    if (from !== null && after.members.has(from)) expect(released || outdone).toBe(true);
    if (to === null || reason === 'reported') continue;
    const fit = [before, after].flatMap(({ members }) => members.get(to) ?? []);
    expect(fit.some(({ draining }) => !draining)).toBe(true);
    const someReady = [...after.members.values()].some(({ ready, draining }) => ready && !draining);
    if (someReady) expect(fit.some(({ ready }) => ready)).toBe(true);
  }
  if (after.owners.some((owner) => owner !== null && !after.members.has(owner))) throw new Error('a dead owner');
}

/** Whoever is heard holds what nobody else who is heard holds. */
function expectDisjoint(cluster: PlannedCluster): void {
  const heard = [...cluster.replicas.values()].filter(({ replicaId }) => cluster.state.members.has(replicaId));
  const held = heard.flatMap(({ holds }) => [...holds.keys()]);
  expect(new Set(held).size).toBe(held.length);
}

function expectBalance(cluster: PlannedCluster): void {
  const loads = cluster.loads();
  const stay = [...cluster.replicas.values()].filter(({ draining }) => !draining);
  if (stay.length === 0) return;
  const ready = stay.filter((replica) => replica.ready);
  const receivers = ready.length > 0 ? ready : stay;
  const of = ({ replicaId }: { replicaId: string }): number => loads[replicaId] ?? 0;
  expect(loads['nobody']).toBeUndefined();
  expect(Math.max(...stay.map(of)) - Math.min(...receivers.map(of))).toBeLessThanOrEqual(1);
  for (const replica of cluster.replicas.values()) if (replica.draining) expect(of(replica)).toBe(0);
}

describe('an assignment of partitions, whatever happens', () => {
  it('moves only what was released or whose lease ran out, and never to who is not fit for it', () => {
    fc.assert(
      fc.property(partitionCounts, steps, (partitionCount, all) => {
        const cluster = new PlannedCluster(partitionCount, judge);
        for (const step of all) take(cluster, step);
      }),
    );
  });

  it('never has two in touch hold the same, once it settled after a start', () => {
    fc.assert(
      fc.property(partitionCounts, steps, (partitionCount, all) => {
        const cluster = new PlannedCluster(partitionCount);
        for (const step of all) {
          take(cluster, step);
          if (!settling(cluster.state, cluster.nowMs)) expectDisjoint(cluster);
        }
      }),
    );
  });

  it('ends balanced, all of it owned and held', () => {
    fc.assert(
      fc.property(partitionCounts, steps, (partitionCount, all) => {
        const cluster = new PlannedCluster(partitionCount);
        for (const step of all) take(cluster, step);
        cluster.settle();
        expectBalance(cluster);
        expectDisjoint(cluster);
        for (const [partition, owner] of cluster.state.owners.entries())
          if (owner !== null) expect(cluster.replica(owner).holds.has(partition)).toBe(true);
        expect(cluster.state.wishes.every((wish) => wish === null)).toBe(true);
      }),
    );
  });

  it('owns nothing for the dead when nobody is left to be heard', () => {
    const cluster = new PlannedCluster(1);
    cluster.join('d');
    cluster.pass(LEASE_MS);
    cluster.crash('d');
    cluster.settle();
    expect(cluster.loads()).toEqual({ nobody: 1 });
  });

  it('moves no more than a join, a leave or a crash takes', () => {
    fc.assert(
      fc.property(partitionCounts, fc.integer({ min: 1, max: 3 }), (partitionCount, size) => {
        const cluster = new PlannedCluster(partitionCount);
        cluster.join(...IDS.slice(0, size));
        cluster.settle();
        const movedBy = (change: () => void): number => {
          const before = cluster.state;
          change();
          cluster.settle();
          return movesBetween(before, cluster.state).length;
        };
        expect(movedBy(() => cluster.join('new'))).toBe(Math.floor(partitionCount / (size + 1)));
        const loadOf = (id: string): number => cluster.loads()[id] ?? 0;
        const drained = loadOf('a');
        expect(
          movedBy(() => {
            cluster.replica('a').draining = true;
          }),
        ).toBe(drained);
        const crashed = loadOf('new');
        if (size > 1) expect(movedBy(() => cluster.crash('new'))).toBe(crashed);
      }),
    );
  });

  it('gives every partition to one who can take it, if there is one, and comes to rest', () => {
    const sets = fc.array(fc.uniqueArray(fc.nat(11), { maxLength: 12 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(sets, steps, (unable, all) => {
        const cluster = new PlannedCluster(12);
        const bar = (): void => {
          for (const [id, replica] of cluster.replicas) replica.unable = unable[IDS.indexOf(id)] ?? [];
        };
        for (const step of all) {
          take(cluster, step);
          bar();
        }
        cluster.settle();
        cluster.settle();
        const stay = [...cluster.replicas.values()].filter(({ draining }) => !draining);
        const ready = stay.filter((replica) => replica.ready);
        const receivers = ready.length > 0 ? ready : stay;
        for (const [partition, owner] of cluster.state.owners.entries())
          if (receivers.some((one) => !one.unable.includes(partition)))
            expect(cluster.replica(owner as string).unable).not.toContain(partition);
        expect(cluster.state.wishes.every((wish) => wish === null)).toBe(true);
        expectDisjoint(cluster);
      }),
    );
  });

  it('forgives nobody a silence, but its own', () => {
    const cluster = new PlannedCluster(4);
    cluster.join('a', 'b');
    cluster.settle();
    const { owners } = cluster.state;
    cluster.nowMs += LEASE_MS * 3;
    cluster.step({ type: 'stalled', forMs: LEASE_MS * 3 });
    cluster.renew('a');
    expect(cluster.state.owners).toEqual(owners);
  });
});
