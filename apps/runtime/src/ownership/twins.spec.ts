import type { OwnershipAnswer, OwnershipRenewal } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import { createLogger } from '@intendant/nest-kit';
import { answerFor, initialOwnership, ownershipRefusal, planOwnership } from '@intendant/registry';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { OwnershipWatch } from './ownership-watch.js';

const PARTITIONS = 16;
const TRIP_MS = 2;
const CLAIM_MS = 20;
const READ_MS = 10;
const SELF = { replicaId: 'runtime', linkUrl: 'https://10.0.0.1:7401' };

/** As of two hosts with the same settings, or of a pod that was deleted by force on a host that is cut off, and its successor. */
describe('two processes with the same id and the same address', () => {
  let time: ManualTime;
  let state: ReturnType<typeof initialOwnership>;
  let watches: OwnershipWatch[];
  let claims: number;

  beforeEach(() => {
    time = new ManualTime();
    state = initialOwnership(5_000);
    watches = [];
    claims = 0;
  });

  const after = (ms: number): Promise<void> => new Promise((resolve) => void time.after(ms, resolve));
  const pass = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += 10) await time.pass(10);
  };

  async function renew(said: OwnershipRenewal): Promise<OwnershipAnswer> {
    await after(TRIP_MS);
    const atMs = time.nowMs();
    const refusal = ownershipRefusal(state, said, atMs);
    if (refusal !== null) throw new Error(refusal.reason);
    state = planOwnership(state, { type: 'renewed', atMs, said });
    const answer = answerFor(state, said.replicaId, atMs);
    await after(TRIP_MS);
    return answer;
  }

  function start(said: OwnershipRenewal['start']): OwnershipWatch {
    const watch: OwnershipWatch = new OwnershipWatch({ ...SELF, start: said }, PARTITIONS, {
      clock: time,
      scheduler: time,
      logger: createLogger('spec', 'fatal'),
      caughtUp: () => true,
      unable: () => [],
      renew,
      gain: async (partition) => {
        await after(CLAIM_MS);
        claims += 1;
        time.after(READ_MS, () => {
          for (const other of watches) if (other !== watch && other.mine(partition)) other.lost(partition);
        });
        return claims;
      },
      release: () => after(CLAIM_MS),
    });
    watches.push(watch);
    watch.start();
    return watch;
  }
  const heldBy = (watch: OwnershipWatch): number =>
    Array.from({ length: PARTITIONS }, (_, partition) => partition).filter((one) => watch.mine(one)).length;

  it('end with all partitions at the one that started later, each claimed once', async () => {
    const first = start({ startId: 'one', startedAtMs: 1 });
    await pass(10_000);
    expect([heldBy(first), claims]).toEqual([PARTITIONS, PARTITIONS]);
    const second = start({ startId: 'two', startedAtMs: 2 });
    await pass(60_000);
    expect([heldBy(first), heldBy(second), claims]).toEqual([0, PARTITIONS, 2 * PARTITIONS]);
    // a Curator that starts anew decides the same, whichever it hears first
    state = initialOwnership(5_000);
    await pass(20_000);
    expect(heldBy(second)).toBe(PARTITIONS);
    second.stop();
    watches = [first];
    await pass(20_000);
    expect(heldBy(first)).toBe(PARTITIONS);
  });

  it('quarrel slowly when neither tells of its start, as older versions do', async () => {
    start(undefined);
    await pass(10_000);
    start(undefined);
    await pass(60_000);
    claims = 0;
    await pass(60_000);
    expect(claims).toBeLessThan(PARTITIONS * 10);
  });
});
