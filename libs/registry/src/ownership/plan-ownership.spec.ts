import { OwnershipAnswer, OwnershipRenewal } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { LEASE_MS, PlannedCluster } from '../../test/planned-cluster.js';
import { answerFor, movesBetween, ownershipRefusal, planOwnership } from '../index.js';

const settledCluster = (...ids: string[]): PlannedCluster => {
  const cluster = new PlannedCluster(16);
  cluster.join(...ids);
  cluster.settle();
  return cluster;
};
const nextOf = (cluster: PlannedCluster, id: string): (string | null)[] =>
  answerFor(cluster.state, id, 0).partitions.map(({ next }) => next);

describe('a start', () => {
  it('gives nothing for one lease, then shares it out among who is there', () => {
    const cluster = new PlannedCluster(16);
    cluster.join('a', 'b', 'c');
    cluster.run(LEASE_MS / 1_000 - 1);
    expect(cluster.loads()).toEqual({ a: 0, b: 0, c: 0, nobody: 16 });
    cluster.run(1);
    expect(Object.values(cluster.loads()).sort((a, b) => a - b)).toEqual([5, 5, 6]);
  });

  it('leaves every owner what it reports, however late in the first lease it comes', () => {
    const cluster = settledCluster('a', 'b', 'c');
    const { owners } = cluster.state;
    cluster.restartCurator();
    cluster.renew('a');
    cluster.nowMs += LEASE_MS - 1;
    cluster.renew('a');
    cluster.renew('b');
    cluster.renew('c');
    cluster.settle();
    expect(cluster.state.owners).toEqual(owners);
  });

  it('believes the higher of two epochs', () => {
    const cluster = settledCluster('a', 'b');
    const [partition] = cluster.replica('a').holds.keys();
    cluster.replica('b').holds.set(partition as number, cluster.epochs.next());
    cluster.restartCurator();
    cluster.renew('a');
    expect(cluster.state.owners[partition as number]).toBe('a');
    cluster.renew('b');
    expect(cluster.state.owners[partition as number]).toBe('b');
  });

  it('moves nothing for the sake of balance before everybody could be heard', () => {
    const cluster = settledCluster('a');
    cluster.restartCurator();
    cluster.renew('a');
    cluster.join('b');
    cluster.run(LEASE_MS / 1_000 - 1);
    expect([cluster.loads(), nextOf(cluster, 'b').every((next) => next === null)]).toEqual([{ a: 16, b: 0 }, true]);
    cluster.settle();
    expect(cluster.loads()).toEqual({ a: 8, b: 8 });
  });

  it('is what a time without anybody is, too', () => {
    const cluster = settledCluster('a', 'b');
    const { owners } = cluster.state;
    cluster.pass(LEASE_MS * 2);
    expect(cluster.loads()).toEqual({ a: 0, b: 0, nobody: 16 });
    cluster.renew('a');
    cluster.renew('b');
    expect(cluster.state.owners).toEqual(owners);
  });
});

describe('a replica that joins', () => {
  it('is told first that it is next; then the owner is asked, and what it releases moves', () => {
    const cluster = settledCluster('a');
    const before = cluster.state;
    const b = { ...cluster.replica('a').renewal(16), replicaId: 'b', linkUrl: 'https://b.example', owned: [] };
    cluster.step({ type: 'renewed', atMs: cluster.nowMs, said: b });
    expect(nextOf(cluster, 'b').filter((next) => next === 'b')).toHaveLength(8);
    expect(nextOf(cluster, 'a')).toEqual(nextOf(cluster, 'b'));
    expect(cluster.loads()).toEqual({ a: 16 });
    cluster.renew('a');
    cluster.renew('a');
    expect(cluster.loads()).toEqual({ a: 8, b: 8 });
    expect(new Set(movesBetween(before, cluster.state).map(({ reason }) => reason))).toEqual(new Set(['handed_over']));
  });

  it('does not show up before the owner as next while it was not told', () => {
    const cluster = settledCluster('a', 'b');
    cluster.replica('a').draining = true;
    cluster.renew('a');
    expect(nextOf(cluster, 'a').every((next) => next === null)).toBe(true);
    cluster.renew('b');
    expect(nextOf(cluster, 'a').filter((next) => next === 'b')).toHaveLength(8);
  });

  it('gets nothing while it catches up and others are ready; everything when it is alone', () => {
    const cluster = settledCluster('a');
    cluster.join('b');
    cluster.replica('b').ready = false;
    cluster.renew('b');
    cluster.settle();
    expect(cluster.loads()).toEqual({ a: 16, b: 0 });
    cluster.crash('a');
    cluster.settle();
    expect(cluster.loads()).toEqual({ b: 16 });
  });

  it('is refused while another process goes by its name, until the lease of that ran out', () => {
    const cluster = settledCluster('a');
    const twin = { ...cluster.replica('a').renewal(16), linkUrl: 'https://twin.example', owned: [] };
    const refusalAt = (atMs: number) => ownershipRefusal(cluster.state, twin, atMs);
    expect(refusalAt(cluster.nowMs + LEASE_MS - 1)).toEqual({
      reason: 'replica_id_in_use',
      linkUrl: cluster.replica('a').linkUrl,
    });
    const event = { type: 'renewed', atMs: cluster.nowMs + 1, said: twin } as const;
    expect(planOwnership(cluster.state, event)).toEqual(cluster.state);
    expect(refusalAt(cluster.nowMs + LEASE_MS)).toBeNull();
  });

  it('takes the place of one that started earlier under its name and address, which is refused while it is there', () => {
    const cluster = settledCluster('a');
    const startOf = (startId: string, startedAtMs: number) => ({
      ...cluster.replica('a').renewal(16),
      start: { startId, startedAtMs },
    });
    const [first, second, third] = [startOf('w', 100), startOf('v', 200), startOf('u', 200)];
    const hear = (said: OwnershipRenewal) => cluster.step({ type: 'renewed', atMs: cluster.nowMs, said });
    const refusal = (said: OwnershipRenewal) => ownershipRefusal(cluster.state, said, cluster.nowMs)?.reason ?? null;
    hear(first);
    expect([first, second].map(refusal)).toEqual([null, null]);
    hear(second);
    // one that says nothing of its start is of a version that does not know of it
    expect([first, second, third, cluster.replica('a').renewal(16)].map(refusal)).toEqual([
      'replica_replaced',
      null,
      'replica_replaced',
      null,
    ]);
    const before = cluster.state;
    hear(first);
    expect(cluster.state).toEqual(before);
    cluster.nowMs += LEASE_MS;
    expect(refusal(first)).toBeNull();
  });

  it('is refused with another number of partitions', () => {
    const cluster = settledCluster('a');
    const other = { ...cluster.replica('a').renewal(8), owned: [], replicaId: 'b' };
    expect(ownershipRefusal(cluster.state, other, cluster.nowMs)).toEqual({
      reason: 'partition_count_differs',
      expected: 16,
      said: 8,
    });
  });
});

describe('a replica that goes', () => {
  it('gives everything up when it drains, and gets nothing', () => {
    const cluster = settledCluster('a', 'b', 'c');
    cluster.replica('a').draining = true;
    cluster.run(3);
    expect(cluster.loads()).toEqual({ a: 0, b: 8, c: 8 });
    expect(cluster.replica('a').holds.size).toBe(0);
  });

  it('gives everything up to those who are ready when it has not been for six leases, and shares again when it is', () => {
    const cluster = settledCluster('a', 'b', 'c');
    cluster.replica('a').ready = false;
    cluster.run((6 * LEASE_MS) / 1_000);
    expect(cluster.loads()).toMatchObject({ a: expect.any(Number) });
    expect(cluster.loads()['a']).toBeGreaterThanOrEqual(5);
    cluster.run(4);
    expect(cluster.loads()).toEqual({ a: 0, b: 8, c: 8 });
    cluster.replica('a').ready = true;
    cluster.settle();
    expect(cluster.loads()['a']).toBe(5);
  });

  it('keeps what it has as long as it is ready now and then', () => {
    const cluster = settledCluster('a', 'b');
    for (let turn = 0; turn < 10; turn += 1) {
      cluster.replica('a').ready = turn % 2 === 0;
      cluster.run(20);
    }
    expect(cluster.loads()).toEqual({ a: 8, b: 8 });
  });

  it('keeps what it has when nobody is ready, as when the clock of Curator itself is wrong', () => {
    const cluster = settledCluster('a', 'b');
    for (const replica of cluster.replicas.values()) replica.ready = false;
    cluster.run(100);
    expect(cluster.loads()).toEqual({ a: 8, b: 8 });
  });

  it('is not held to have been unready while Curator itself did not run', () => {
    const cluster = settledCluster('a', 'b');
    cluster.replica('a').ready = false;
    cluster.run(20);
    const forMs = 20 * LEASE_MS;
    cluster.step({ type: 'stalled', forMs });
    cluster.nowMs += forMs;
    cluster.run(8);
    expect(cluster.loads()).toEqual({ a: 8, b: 8 });
  });

  it('keeps what it has when it drains and nobody else is there', () => {
    const cluster = settledCluster('a');
    cluster.replica('a').draining = true;
    cluster.run(3);
    expect(cluster.loads()).toEqual({ a: 16 });
  });

  it('loses everything to the others when its lease has run out, and not before', () => {
    const cluster = settledCluster('a', 'b');
    cluster.crash('a');
    cluster.run(LEASE_MS / 1_000 - 1);
    expect(cluster.loads()).toEqual({ a: 8, b: 8 });
    const before = cluster.state;
    cluster.run(1);
    expect(cluster.loads()).toEqual({ b: 16 });
    expect(movesBetween(before, cluster.state)[0]).toMatchObject({ from: 'a', to: 'b', reason: 'lease_ran_out' });
  });

  it('gives up nothing but its own', () => {
    const cluster = settledCluster('a', 'b');
    const { owners } = cluster.state;
    cluster.restartCurator();
    cluster.renew('a');
    cluster.renew('b');
    const released = [...cluster.replica('b').holds.keys()];
    const said = { ...cluster.replica('a').renewal(16), released };
    cluster.step({ type: 'renewed', atMs: cluster.nowMs, said });
    expect(cluster.state.owners).toEqual(owners);
  });

  it('keeps its own rather than take others’ when it is there again before it gave it up', () => {
    const cluster = settledCluster('a', 'b', 'c');
    for (const id of ['b', 'a']) {
      cluster.replica(id).draining = true;
      cluster.renew(id);
    }
    const own = [...cluster.replica('a').holds.keys()];
    cluster.replica('a').draining = false;
    cluster.renew('a');
    expect(own.filter((partition) => cluster.state.wishes[partition] !== null)).toEqual([]);
    expect(cluster.state.wishes.filter((wish) => wish?.to === 'a')).toHaveLength(8 - own.length);
  });

  it('keeps what it owned when it comes again in time, under the same address', () => {
    const cluster = settledCluster('a', 'b');
    const { owners } = cluster.state;
    cluster.crash('a');
    cluster.run(2);
    cluster.join('a');
    cluster.settle();
    expect(cluster.state.owners).toEqual(owners);
  });
});

describe('a replica that cannot take a partition', () => {
  it('is not given it when it joins, and gets its share of the others', () => {
    const cluster = settledCluster('a');
    cluster.join('b');
    cluster.replica('b').unable = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    cluster.settle();
    expect(cluster.loads()).toEqual({ a: 10, b: 6 });
    expect(cluster.state.owners.slice(0, 10)).toEqual(Array(10).fill('a'));
  });

  it('loses it to one who can, and does not get it again for the sake of balance', () => {
    const cluster = settledCluster('a', 'b');
    const [partition = -1] = cluster.replica('b').holds.keys();
    cluster.replica('b').unable = [partition];
    cluster.settle();
    expect([cluster.state.owners[partition], cluster.loads()]).toEqual(['a', { a: 8, b: 8 }]);
    cluster.replica('a').draining = true;
    cluster.settle();
    expect(cluster.state.owners[partition]).toBe('b');
    cluster.replica('a').draining = false;
    cluster.settle();
    expect([cluster.state.owners[partition], cluster.loads()]).toEqual(['a', { a: 8, b: 8 }]);
  });

  it('keeps it when nobody can: somebody is to say why', () => {
    const cluster = settledCluster('a', 'b');
    const { owners } = cluster.state;
    for (const replica of cluster.replicas.values()) replica.unable = [3];
    cluster.settle();
    expect(cluster.state.owners).toEqual(owners);
  });
});

describe('revision and shapes', () => {
  it('tells of each replica whether it is ready and stays', () => {
    const cluster = settledCluster('a', 'b', 'c');
    cluster.replica('b').ready = false;
    cluster.replica('c').draining = true;
    cluster.run(1);
    const told = answerFor(cluster.state, 'a', 0).replicas.map(({ replicaId, ready }) => [replicaId, ready]);
    expect(told).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
    ]);
  });

  it('rises with a change only', () => {
    const cluster = settledCluster('a', 'b');
    const { revision } = cluster.state;
    cluster.run(3);
    expect(cluster.state.revision).toBe(revision);
    cluster.crash('a');
    cluster.settle();
    expect(cluster.state.revision).toBeGreaterThan(revision);
  });

  it('speaks the protocol', () => {
    const cluster = settledCluster('a');
    const said = cluster.replica('a').renewal(16);
    expect(OwnershipRenewal.parse(said)).toEqual(said);
    const answer = answerFor(cluster.state, 'a', 7);
    expect(OwnershipAnswer.parse(answer)).toEqual(answer);
    expect(OwnershipRenewal.safeParse({ ...said, released: [16] }).success).toBe(false);
    expect(OwnershipRenewal.safeParse({ ...said, unable: [16] }).success).toBe(false);
    expect(OwnershipAnswer.safeParse({ ...answer, partitions: answer.partitions.slice(1) }).success).toBe(false);
  });
});
