import { promisesSettled } from '@intendant/kernel/testing';
import { AppendInDoubt } from '@intendant/wal';
import { executionIn, sampleAttribution } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Bench, commandFor, Ground } from '../test/bench.js';
import { type Script, success } from '../test/scripted-dispatcher.js';
import type { DeliveryOutcome, SupervisorOptions } from './index.js';
import { LiveExecution } from './live-execution.js';
import { LiveExecutions } from './live-executions.js';

/** Calls end when they are told to. */
function slow(): { readonly script: Script; end(): void } {
  const waiting: ((outcome: DeliveryOutcome) => void)[] = [];
  return {
    script: () => new Promise((resolve) => void waiting.push(resolve)),
    end: () => {
      for (const resolve of waiting.splice(0)) resolve(success);
    },
  };
}

/** Intents of tenants, each with an id of its own, in both partitions. */
class Door {
  constructor(
    private readonly bench: Bench,
    private n = 0,
  ) {}

  submit(tenantId: string, metadata: Record<string, string> = {}) {
    const id = executionIn(this.n % 2, this.n);
    this.n += 1;
    const { intent, decision } = commandFor(id);
    return this.bench.accept(id, {
      attribution: { ...sampleAttribution(id), tenantId },
      intent: { ...intent, tenantId, metadata },
      decision: { ...decision, tenantId },
    });
  }

  async kinds(...tenants: string[]): Promise<readonly string[]> {
    const kinds: string[] = [];
    for (const tenant of tenants) kinds.push((await this.submit(tenant)).kind);
    return kinds;
  }
}

async function opened(options: Partial<SupervisorOptions>) {
  const calls = slow();
  const bench = await new Ground().start(calls.script, options);
  return { bench, calls, door: new Door(bench) };
}

const ALL_ACCEPTED = (count: number) => Array(count).fill('accepted');
const USED_UP = (tenantMax: number | null) => ({ kind: 'overloaded', tenantMax });

describe('the share of a tenant', () => {
  it('is half of the bound: beyond it the tenant itself is refused, and nobody else', async () => {
    const { bench, calls, door } = await opened({ liveMax: 4 });
    expect(await door.kinds('one', 'one')).toEqual(ALL_ACCEPTED(2));
    expect(await door.submit('one')).toEqual(USED_UP(2));
    expect(await door.kinds('two', 'three')).toEqual(ALL_ACCEPTED(2));
    expect(await door.submit('four')).toEqual(USED_UP(null));
    expect([bench.supervisor.liveCount, bench.supervisor.liveCountOfOneTenant]).toEqual([4, 2]);
    calls.end();
    await promisesSettled();
    expect([bench.supervisor.liveCount, bench.supervisor.liveCountOfOneTenant]).toEqual([0, 0]);
    expect(await door.kinds('one', 'one', 'four', 'four')).toEqual(ALL_ACCEPTED(4));
  });

  it('may be the whole bound', async () => {
    const { door } = await opened({ liveMax: 3, livePerTenantMax: 20 });
    expect(await door.kinds('one', 'one', 'one', 'one')).toEqual([...ALL_ACCEPTED(3), 'overloaded']);
  });

  it('and the bound refuse no child of what was accepted, and children take no place of other tenants', async () => {
    const { bench, calls, door } = await opened({ liveMax: 2 });
    expect(await door.kinds('one')).toEqual(ALL_ACCEPTED(1));
    const child = { source: 'saga', parentExecutionId: executionIn(0) };
    for (const tenant of ['one', 'one', 'one']) expect((await door.submit(tenant, child)).kind).toBe('accepted');
    expect(await door.kinds('one', 'two', 'three')).toEqual(['overloaded', 'accepted', 'overloaded']);
    expect((await door.submit('two', child)).kind).toBe('accepted');
    calls.end();
    await promisesSettled();
    expect(bench.supervisor.liveCount).toBe(0);
    expect(await door.kinds('three', 'one')).toEqual(ALL_ACCEPTED(2));
  });

  it('may be exceeded by what is recovered: all of it goes on, and others are taken meanwhile', async () => {
    const before = await opened({ liveMax: 20 });
    expect(await before.door.kinds('one', 'one', 'one', 'one', 'one')).toEqual(ALL_ACCEPTED(5));
    before.bench.wal.die();
    const calls = slow();
    const bench = await before.bench.ground.start(calls.script, { liveMax: 4 });
    const door = new Door(bench, 100);
    expect([bench.recovered, bench.supervisor.liveCountOfOneTenant]).toEqual([5, 5]);
    expect(await door.submit('one')).toEqual(USED_UP(2));
    expect(await door.kinds('two', 'two')).toEqual(ALL_ACCEPTED(2));
    expect(await door.submit('three')).toEqual(USED_UP(null));
    calls.end();
    await promisesSettled();
    expect([bench.supervisor.liveCount, bench.broken]).toEqual([0, []]);
    expect(await door.kinds('one', 'one')).toEqual(ALL_ACCEPTED(2));
  });

  it('is free again of what went with its partition, and of acceptances that failed', async () => {
    const { bench, door } = await opened({ liveMax: 4 });
    bench.wal.fate = (n) => (n === 2 ? 'in_doubt' : 'durable');
    expect((await door.submit('one')).kind).toBe('accepted');
    await expect(door.submit('one')).rejects.toBeInstanceOf(AppendInDoubt);
    expect([bench.supervisor.liveCount, bench.supervisor.liveCountOfOneTenant]).toEqual([1, 1]);
    bench.log.giveUp(0);
    bench.supervisor.release(0);
    expect([bench.supervisor.liveCount, bench.supervisor.liveCountOfOneTenant]).toEqual([0, 0]);
  });
});

describe('live executions', () => {
  const OF = ['one', 'two', 'three'] as const;
  const moves = fc.array(fc.record({ n: fc.nat(8), kind: fc.constantFrom('enter', 'leave', 'read again') }));

  it('are counted exactly, whoever enters or leaves twice or is read from the log again', () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (plan, max, tenantMax) => {
        const live = new LiveExecutions(max, tenantMax);
        const fresh = (n: number) => new LiveExecution(`exe_${n}`, OF[n % 3] as string);
        const objects = Array.from({ length: 9 }, (_, n) => fresh(n));
        const there = new Map<string, LiveExecution>();
        for (const { n, kind } of plan) {
          const one = objects[n] as LiveExecution;
          const id = `exe_${n}`;
          if (kind === 'enter') there.set(id, one);
          if (kind === 'enter') live.enter(one);
          else if (kind === 'leave') {
            expect(live.leave(one)).toBe(there.get(id) === one);
            if (there.get(id) === one) there.delete(id);
          } else objects[n] = fresh(n);
          const counts = OF.map((tenant) => [...there.values()].filter(({ tenantId }) => tenantId === tenant).length);
          const share = Math.min(tenantMax, max);
          const isFull = counts.reduce((sum, count) => sum + Math.min(count, share), 0) >= max;
          expect([live.size, live.mostOfOneTenant]).toEqual([there.size, Math.max(...counts)]);
          OF.forEach((tenant, at) => {
            const isRefused = isFull || (counts[at] as number) >= share;
            expect(live.refusalFor(tenant) !== null).toBe(isRefused);
          });
        }
      }),
    );
  });
});
