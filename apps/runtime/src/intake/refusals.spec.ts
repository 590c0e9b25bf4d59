import { failure, type Principal } from '@intendant/intent-model';
import { IdSource } from '@intendant/kernel';
import { ManualTime } from '@intendant/kernel/testing';
import { LogWriter } from '@intendant/partition';
import { type Entry, type Lease, MemoryWal, refusalsOf } from '@intendant/wal';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { systemRandom } from '../platform/system.js';
import { Refusals } from './refusals.js';

const principalOf = (tenantId: string): Principal => ({ tenantId, userId: 'ada', roles: [], mode: 'standard' });
const WINDOW_MS = 10_000;

/** A log that appends to these streams are lost on. */
class BreakableWal extends MemoryWal {
  readonly broken = new Set<string>();

  override async append(lease: Lease, entries: readonly Entry[]): Promise<readonly number[]> {
    if (entries.some(({ streamId }) => this.broken.has(streamId))) throw new Error('out of reach');
    return super.append(lease, entries);
  }
}

let time: ManualTime;
let wal: BreakableWal;
let refusals: Refusals;
let lost: unknown[];

beforeEach(async () => {
  time = new ManualTime();
  wal = new BreakableWal(1);
  lost = [];
  const log = new LogWriter(wal, time);
  await log.claimAll();
  refusals = new Refusals(
    log,
    new IdSource(time, systemRandom()),
    time,
    () => undefined,
    (tenantId, counted, error) => lost.push([tenantId, Object.fromEntries(counted), (error as Error).message]),
  );
});

const refuse = (code: 'invalid_request' | 'overloaded', tenantId = 't_one'): Promise<string | null> =>
  refusals.record({
    principal: principalOf(tenantId),
    found: failure(code, 'no'),
    correlationId: 'c',
    sessionId: null,
  });

async function flood(count: number): Promise<readonly (string | null)[]> {
  const ids: (string | null)[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await refuse('invalid_request'));
  return ids;
}

const recorded = async (tenantId = 't_one') =>
  (await wal.read(0, 0, 1_000))
    .filter(({ streamId }) => streamId === refusalsOf(tenantId))
    .flatMap(({ records }) => records);
const counts = async (tenantId?: string) =>
  (await recorded(tenantId)).filter(({ type }) => type === 'refusal.counted').map(({ data }) => data);

describe('refusals of a tenant within one window', () => {
  it('are recorded one by one up to a hundred; what comes after them is one count at its end', async () => {
    const ids = await flood(103);
    expect([ids.slice(0, 100).includes(null), ids.slice(100)]).toEqual([false, [null, null, null]]);
    expect([(await recorded()).length, await counts()]).toEqual([100, []]);
    await time.pass(WINDOW_MS);
    expect(await counts()).toEqual([{ code: 'invalid_request', count: 3, windowMs: WINDOW_MS }]);
    expect(await refuse('invalid_request')).not.toBeNull();
  });

  it('take nothing of another tenant’s hundred', async () => {
    await flood(101);
    expect(await refuse('invalid_request', 't_two')).not.toBeNull();
  });

  it('that come in floods by nature are only counted, each code for itself', async () => {
    expect(await refuse('overloaded')).toBeNull();
    await flood(102);
    await time.pass(WINDOW_MS);
    expect(await counts()).toEqual([
      { code: 'overloaded', count: 1, windowMs: WINDOW_MS },
      { code: 'invalid_request', count: 2, windowMs: WINDOW_MS },
    ]);
  });
});

describe('counts that cannot be written', () => {
  it('are told of, and the next window counts anew', async () => {
    await refuse('overloaded');
    wal.broken.add(refusalsOf('t_one'));
    await time.pass(WINDOW_MS);
    expect(lost).toEqual([['t_one', { overloaded: 1 }, 'out of reach']]);
    wal.broken.clear();
    await refuse('overloaded');
    await time.pass(WINDOW_MS);
    expect([lost.length, await counts()]).toEqual([1, [{ code: 'overloaded', count: 1, windowMs: WINDOW_MS }]]);
  });

  it('keep back no other tenant’s when the process ends', async () => {
    await refuse('overloaded', 't_one');
    await refuse('overloaded', 't_two');
    wal.broken.add(refusalsOf('t_one'));
    await refusals.flush();
    expect(lost).toEqual([['t_one', { overloaded: 1 }, 'out of reach']]);
    expect(await counts('t_two')).toEqual([{ code: 'overloaded', count: 1, windowMs: WINDOW_MS }]);
    expect(time.timersSet).toBe(0);
  });
});
