import { FailureError, failure, type OwnershipAnswer, type OwnershipRenewal } from '@intendant/intent-model';
import { ManualTime, promisesSettled } from '@intendant/kernel/testing';
import type { Logger } from '@intendant/nest-kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { OwnershipWatch } from './ownership-watch.js';

const LEASE_MS = 5_000;
type Plan = readonly [owner: string | null, next?: string | null];

describe('the watch over ownership', () => {
  let time: ManualTime;
  let asked: OwnershipRenewal[];
  let did: string[];
  let logged: string[];
  let plans: readonly Plan[];
  let others: readonly string[];
  let curatorAheadMs: number;
  let caughtUp: boolean;
  let unable: readonly number[];
  /** What Curator does instead of answering. */
  let instead: (() => Promise<OwnershipAnswer>) | null;
  let watch: OwnershipWatch;

  const replicaOf = (replicaId: string) => ({ replicaId, linkUrl: `https://${replicaId}.example` });
  const answer = (): OwnershipAnswer => ({
    curatorNowMs: time.nowMs() + curatorAheadMs,
    leaseMs: LEASE_MS,
    revision: 1,
    replicas: ['me', ...others].map(replicaOf),
    partitions: plans.map(([owner, next = null], partition) => ({ partition, owner, next })),
  });
  const away = () => Promise.reject(new Error('nobody there'));
  const last = () => asked.at(-1);

  beforeEach(() => {
    time = new ManualTime();
    [asked, did, logged] = [[], [], []];
    plans = [['me'], ['you'], [null]];
    others = ['you'];
    curatorAheadMs = 0;
    caughtUp = true;
    unable = [];
    instead = null;
    const log = (_fields: unknown, text?: string) => void logged.push(text ?? String(_fields));
    watch = new OwnershipWatch(replicaOf('me'), 3, {
      clock: time,
      scheduler: time,
      logger: { info: log, warn: log, error: log } as unknown as Logger,
      caughtUp: () => caughtUp,
      unable: () => unable,
      renew: async (request) => {
        asked.push(request);
        if (instead !== null) return instead();
        plans = plans.map((plan, partition) => (request.released.includes(partition) ? [plan[1] ?? null] : plan));
        return answer();
      },
      gain: async (partition) => did.push(`gain ${partition}`),
      release: async (partition) => void did.push(`release ${partition}`),
    });
  });

  const started = async (): Promise<void> => {
    watch.start();
    await promisesSettled();
  };

  it('asks every half second until there is an answer, then five times a lease', async () => {
    instead = away;
    await started();
    expect([watch.unready(), watch.ownerOf(0), asked.length]).toEqual(['no partition assignment yet', null, 1]);
    await time.pass(1_000);
    expect(asked).toHaveLength(3);
    plans = [['you'], ['you'], ['you']];
    instead = null;
    await time.pass(500);
    expect([watch.unready(), asked.length]).toEqual([null, 4]);
    await time.pass(LEASE_MS);
    expect(asked).toHaveLength(9);
  });

  it('takes what names it, tells so at once, and knows whose the rest is', async () => {
    await started();
    expect(did).toEqual(['gain 0']);
    expect([0, 1, 2].map((partition) => watch.mine(partition))).toEqual([true, false, false]);
    expect([0, 1, 2].map((partition) => watch.ownerOf(partition)?.linkUrl)).toEqual([
      'https://me.example',
      'https://you.example',
      undefined,
    ]);
    expect(asked.map(({ owned }) => owned)).toEqual([[], [{ partition: 0, epoch: 1 }]]);
  });

  it('hands over what is to be another’s, and tells so at once', async () => {
    await started();
    plans = [['me', 'you'], ['you'], [null]];
    await time.pass(1_000);
    expect([did, watch.mine(0)]).toEqual([['gain 0', 'release 0'], false]);
    expect(last()).toMatchObject({ owned: [], released: [0] });
    await time.pass(1_000);
    expect([last()?.released, did.length]).toEqual([[], 2]);
  });

  it('looks often while something is on its way to it', async () => {
    plans = [['you', 'me'], ['you'], [null]];
    await started();
    await time.pass(1_000);
    expect(asked).toHaveLength(11);
    expect(did).toEqual([]);
  });

  it('gives up what was taken away while it could not renew', async () => {
    await started();
    instead = away;
    await time.pass(LEASE_MS * 3);
    expect(watch.mine(0)).toBe(true);
    instead = null;
    plans = [['you'], ['you'], ['you']];
    await time.pass(1_000);
    expect([did, watch.mine(0)]).toEqual([['gain 0', 'release 0'], false]);
  });

  it('logs an outage once, and its end', async () => {
    await started();
    instead = away;
    await time.pass(LEASE_MS * 2);
    instead = null;
    await time.pass(LEASE_MS);
    expect(logged).toEqual([
      'ownership of partitions is not renewed, everything stays as it is',
      'ownership of partitions is renewed again',
    ]);
  });

  it('is not ready while Curator refuses it, whatever it was told before', async () => {
    await started();
    instead = () =>
      Promise.reject(new FailureError(failure('registration_refused', 'one that started later is there')));
    await time.pass(1_000);
    expect(watch.unready()).toContain('one that started later is there');
    instead = away;
    await time.pass(1_000);
    expect(watch.unready()).toContain('one that started later is there');
    instead = null;
    await time.pass(1_000);
    expect(watch.unready()).toBeNull();
  });

  it('takes no answer for another number of partitions', async () => {
    plans = [['me']];
    await started();
    expect([watch.unready(), did, logged.length]).toEqual(['no partition assignment yet', [], 1]);
  });

  it('takes again what the log took away, but only on the word of an answer to a later question', async () => {
    await started();
    let reply: (answer: OwnershipAnswer) => void = () => undefined;
    instead = () =>
      new Promise((resolve) => {
        reply = resolve;
      });
    await time.pass(1_000);
    const early = reply;
    watch.lost(0);
    expect(watch.mine(0)).toBe(false);
    early(answer());
    await promisesSettled();
    expect([did, last()?.owned]).toEqual([['gain 0'], []]);
    reply(answer());
    await promisesSettled();
    expect([did, watch.mine(0)]).toEqual([['gain 0', 'gain 0'], true]);
  });

  it('says what it cannot take, and is not ready', async () => {
    unable = [1];
    await started();
    expect(last()).toMatchObject({ unable: [1], ready: false });
  });

  it.each([
    ['one that says so', [{ ready: true }], true],
    ['one of whom an older Curator says nothing', [{}], true],
    ['one that is not, or is about to end', [{ ready: false }], false],
    ['nobody', [], false],
  ])('knows of another that is ready: %s', async (_who, told, isKnown) => {
    instead = async () => ({
      ...answer(),
      replicas: [{ ...replicaOf('me'), ready: true }, ...told.map((one) => ({ ...replicaOf('you'), ...one }))],
    });
    await started();
    expect(watch.othersReady()).toBe(isKnown);
  });

  it('is not ready while it catches up, or while its clock is off', async () => {
    caughtUp = false;
    await started();
    expect([last()?.ready, watch.unready()]).toEqual([false, null]);
    caughtUp = true;
    await time.pass(1_000);
    expect(last()?.ready).toBe(true);
    curatorAheadMs = 1_500;
    await time.pass(1_000);
    expect([watch.unready(), watch.clockOffsetMs]).toEqual(['clock is off by -1500 ms', -1_500]);
    await time.pass(1_000);
    expect(last()?.ready).toBe(false);
  });

  describe('that drains', () => {
    const drain = (graceMs: number): (() => boolean) => {
      let over = false;
      void watch.drain(graceMs).then(() => {
        over = true;
      });
      return () => over;
    };

    it('waits until somebody is named, hands over, and ends when that is told', async () => {
      await started();
      const over = drain(60_000);
      await time.pass(1_000);
      expect([last()?.draining, watch.mine(0), over()]).toEqual([true, true, false]);
      plans = [['me', 'you'], ['you'], [null]];
      await time.pass(100);
      expect([did, last()?.released, over()]).toEqual([['gain 0', 'release 0'], [0], true]);
    });

    it('waits half a lease for somebody to be named', async () => {
      await started();
      const over = drain(60_000);
      await time.pass(LEASE_MS / 2 - 1);
      expect([did, over()]).toEqual([['gain 0'], false]);
      await time.pass(1);
      expect([did, over()]).toEqual([['gain 0', 'release 0'], true]);
    });

    it.each([
      { when: 'it is alone', alone: true },
      { when: 'Curator is away', alone: false },
    ])('waits for nobody when $when', async ({ alone }) => {
      await started();
      if (alone) others = [];
      else instead = away;
      const over = drain(60_000);
      await promisesSettled();
      expect([did, over()]).toEqual([['gain 0', 'release 0'], true]);
    });

    it('ends after its grace, whatever hangs', async () => {
      await started();
      instead = () => new Promise(() => undefined);
      const over = drain(1_000);
      await time.pass(999);
      expect(over()).toBe(false);
      await time.pass(1);
      expect(over()).toBe(true);
    });

    it('takes nothing more', async () => {
      await started();
      plans = [['me'], ['me'], ['me']];
      void watch.drain(60_000);
      await time.pass(2_000);
      expect(did).toEqual(['gain 0']);
      expect(new Set(asked.flatMap(({ released }) => released))).toEqual(new Set([1, 2]));
    });
  });

  it('does nothing more once it is stopped', async () => {
    await started();
    watch.stop();
    watch.lost(0);
    await time.pass(LEASE_MS);
    expect([asked.length, time.timersSet]).toEqual([2, 0]);
  });
});
