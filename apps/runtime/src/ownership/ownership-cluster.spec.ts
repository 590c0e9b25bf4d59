import { beforeEach, describe, expect, it } from '@jest/globals';
import { LEASE_MS, OwnershipCluster } from '../../test/ownership-cluster.js';

const TAKEOVER_MS_MAX = 10_000;
const HANDOVER_MS_MAX = 1_000;

describe('three replicas and Curator', () => {
  let cluster: OwnershipCluster;

  beforeEach(async () => {
    cluster = new OwnershipCluster(16);
    for (const id of ['a', 'b', 'c']) cluster.join(id);
    await cluster.pass(LEASE_MS + 2_000);
    cluster.longestVacancyMs();
  });

  const sizes = (): number[] => Object.values(cluster.loads()).sort((a, b) => a - b);

  it('share the partitions, and each knows where the others’ are', () => {
    expect(sizes()).toEqual([5, 5, 6]);
    for (const [owner, partitions] of Object.entries(cluster.mine()))
      for (const { watch } of cluster.replicas.values())
        for (const partition of partitions)
          expect(watch.ownerOf(partition)).toMatchObject({ replicaId: owner, linkUrl: `https://${owner}.example` });
  });

  it('take over from one that crashed', async () => {
    cluster.crash('b');
    await cluster.pass(TAKEOVER_MS_MAX);
    expect(cluster.loads()).toEqual({ a: 8, c: 8 });
    expect(cluster.longestVacancyMs()).toBeLessThan(LEASE_MS + 2_000);
  });

  it('make room for one that joins, with each partition out for a moment only', async () => {
    const claimed = cluster.claims.length;
    cluster.join('d');
    await cluster.pass(3_000);
    expect(sizes()).toEqual([4, 4, 4, 4]);
    expect(cluster.claims.length - claimed).toBe(4);
    expect(cluster.longestVacancyMs()).toBeLessThan(HANDOVER_MS_MAX / 2);
  });

  it('take what one that drains hands over', async () => {
    let drained = false;
    void cluster
      .replica('a')
      .watch.drain(10_000)
      .then(() => {
        drained = true;
      });
    await cluster.pass(2_000);
    expect(drained).toBe(true);
    expect(cluster.loads()).toEqual({ a: 0, b: 8, c: 8 });
    expect(cluster.longestVacancyMs()).toBeLessThan(HANDOVER_MS_MAX / 2);
  });

  it('go on as they were when Curator restarts, and while it is away', async () => {
    const before = cluster.mine();
    const claimed = cluster.claims.length;
    cluster.curator.down = true;
    await cluster.pass(LEASE_MS * 4);
    expect(cluster.mine()).toEqual(before);
    cluster.curator.down = false;
    cluster.curator.restart();
    await cluster.pass(LEASE_MS * 2);
    expect(cluster.mine()).toEqual(before);
    expect(cluster.claims.length).toBe(claimed);
    expect(cluster.longestVacancyMs()).toBe(0);
  });

  it('do not mind renewals that are lost for less than a lease', async () => {
    const before = cluster.mine();
    cluster.replica('a').cut = true;
    await cluster.pass(LEASE_MS - 1_500);
    cluster.replica('a').cut = false;
    await cluster.pass(LEASE_MS);
    expect(cluster.mine()).toEqual(before);
  });

  it('depose one that is out of reach for longer, and take it in again', async () => {
    cluster.replica('a').cut = true;
    await cluster.pass(LEASE_MS + 2_000);
    expect(cluster.loads()).toEqual({ a: 0, b: 8, c: 8 });
    expect(cluster.longestVacancyMs()).toBeLessThan(HANDOVER_MS_MAX);
    cluster.replica('a').cut = false;
    await cluster.pass(LEASE_MS);
    expect(sizes()).toEqual([5, 5, 6]);
    expect(cluster.longestVacancyMs()).toBeLessThan(HANDOVER_MS_MAX / 2);
  });

  it('end one after the other, the last within its grace', async () => {
    for (const id of ['a', 'b', 'c']) {
      const drained = cluster.replica(id).watch.drain(10_000);
      await cluster.pass(4_000);
      await drained;
      cluster.crash(id);
    }
    expect(cluster.replicas.size).toBe(0);
  });

  it('end all at once', async () => {
    const drains = [...cluster.replicas.values()].map(({ watch }) => watch.drain(10_000));
    await cluster.pass(LEASE_MS);
    await Promise.all(drains);
    expect(sizes()).toEqual([0, 0, 0]);
  });
});
