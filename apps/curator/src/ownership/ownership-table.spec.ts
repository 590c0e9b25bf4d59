import type { OwnershipAnswer } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import { createLogger } from '@intendant/nest-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Registry as MetricsRegistry } from 'prom-client';
import { renewalOf } from '../../test/renewals.js';
import { addOwnershipMetrics } from './ownership-metrics.js';
import { OwnershipTable } from './ownership-table.js';

const LEASE_MS = 5_000;

describe('the table of who owns what', () => {
  let time: ManualTime;
  let wall: ManualTime;
  /** Time that passes while this process does not run. */
  let sleptMs: number;
  let table: OwnershipTable;

  beforeEach(() => {
    time = new ManualTime();
    wall = new ManualTime();
    sleptMs = 0;
    const steadyClock = { nowMs: () => time.nowMs() + sleptMs };
    const logger = createLogger('spec', 'fatal');
    table = new OwnershipTable({ clock: wall, steadyClock, scheduler: time, logger, leaseMs: LEASE_MS });
  });
  afterEach(() => table.close());

  const renewed = (...args: Parameters<typeof renewalOf>): OwnershipAnswer => {
    const answer = table.renew(renewalOf(...args));
    if (!answer.ok) throw new Error(answer.error.detail);
    return answer.value;
  };
  /** Seconds in which these replicas renew. */
  const live = async (seconds: number, ...ids: string[]): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await time.pass(1_000);
      for (const id of ids) renewed(id);
    }
  };
  const ownersNow = (id: string) => renewed(id).partitions.map(({ owner }) => owner);
  const metricsText = (): Promise<string> => {
    const metrics = new MetricsRegistry();
    addOwnershipMetrics(metrics, table);
    return metrics.metrics();
  };

  it('tells its wall clock, its lease and who is there', () => {
    renewed('b');
    expect(renewed('a')).toMatchObject({
      curatorNowMs: wall.nowMs(),
      leaseMs: LEASE_MS,
      replicas: [
        { replicaId: 'a', linkUrl: 'https://a.example:7402' },
        { replicaId: 'b', linkUrl: 'https://b.example:7402' },
      ],
    });
  });

  it('counts leases in time that nobody sets', async () => {
    await live(7, 'a', 'b');
    await wall.pass(LEASE_MS * 10);
    expect(ownersNow('a').filter((owner) => owner === 'b')).toHaveLength(2);
  });

  it('gives what a silent one owned to the others, without being asked', async () => {
    await live(7, 'a', 'b');
    await live(4, 'a');
    expect(table.state.members.size).toBe(2);
    await time.pass(1_000);
    expect(table.state.members.size).toBe(1);
    expect(table.state.owners).toEqual(['a', 'a', 'a', 'a']);
    expect(table.moves.get('lease_ran_out')).toBe(2);
  });

  it('lets nobody pay for the time it slept', async () => {
    await live(7, 'a', 'b');
    const { owners } = table.state;
    sleptMs = LEASE_MS * 3;
    await live(2, 'a');
    expect(table.state.owners).toEqual(owners);
  });

  it('refuses what is malformed, another number of partitions, and a second of the same name', () => {
    renewed('a');
    expect(table.renew({ ...renewalOf('a'), owned: 'all' })).toMatchObject({
      ok: false,
      error: { code: 'invalid_request', detail: expect.stringContaining('/owned') },
    });
    expect(table.renew(renewalOf('b', { partitionCount: 8 }))).toMatchObject({
      ok: false,
      error: {
        code: 'registration_refused',
        detail: expect.stringMatching(/8 partitions.*4/),
        extra: { reason: 'partition_count_differs', expected: 4, said: 8 },
      },
    });
    expect(table.renew(renewalOf('a', { linkUrl: 'https://twin.example' }))).toMatchObject({
      ok: false,
      error: { code: 'registration_refused', extra: { reason: 'replica_id_in_use' } },
    });
    renewed('a', { start: { startId: 'second', startedAtMs: 2 } });
    expect(table.renew(renewalOf('a', { start: { startId: 'first', startedAtMs: 1 } }))).toMatchObject({
      ok: false,
      error: {
        code: 'registration_refused',
        detail: expect.stringContaining('started later'),
        extra: { reason: 'replica_replaced' },
      },
    });
  });

  it('is measured', async () => {
    renewed('a');
    expect(await metricsText()).toContain('intendant_ownership_partitions_free 4');
    await live(7, 'a');
    const text = await metricsText();
    expect(text).toContain('intendant_ownership_partitions{owner="a"} 4');
    expect(text).toContain('intendant_ownership_partitions_free 0');
    expect(text).toContain('intendant_ownership_members 1');
    expect(text).toContain('intendant_ownership_moves_total{reason="given"} 4');
  });

  it('sets no timer any more once it is closed', () => {
    table.close();
    expect(time.timersSet).toBe(0);
  });
});
