import { ManualTime, promisesSettled } from '@intendant/kernel/testing';
import { describe, expect, it } from '@jest/globals';
import { CopyLag } from './copy-lag.js';

const BOUND_MS = 10_000;

/** A copy that catches up when it is told to, if it can at all. */
function copy() {
  const time = new ManualTime();
  const looks: { readonly caughtUp: () => void; readonly failed: () => void }[] = [];
  const catchUp = (): Promise<void> =>
    new Promise((caughtUp, reject) => void looks.push({ caughtUp, failed: () => reject(new Error('out of reach')) }));
  const lag = new CopyLag({ catchUp, clock: time, scheduler: time, boundMs: BOUND_MS });
  return { time, lag, looks };
}

describe('a replica with a copy of a shared log', () => {
  it('is not ready before it has read the log to its end once', async () => {
    const { time, lag, looks } = copy();
    const started = lag.start();
    expect(lag.unready()).toBe('the log has not been read to its end yet');
    looks[0]?.failed();
    await started;
    expect(lag.unready()).toBe('the log has not been read to its end yet');
    await time.pass(BOUND_MS / 5);
    looks[1]?.caughtUp();
    await promisesSettled();
    expect(lag.unready()).toBeNull();
  });

  it('is not ready while it is further behind than it may be, and is again when it has caught up', async () => {
    const { time, lag, looks } = copy();
    void lag.start();
    looks[0]?.caughtUp();
    await promisesSettled();
    await time.pass(BOUND_MS);
    expect(lag.unready()).toBeNull();
    await time.pass(1_000);
    expect(lag.unready()).toBe('the copy of the log may be 11000 ms behind');
    // what was asked for 9 s ago says nothing of what came since; the next look does
    looks[1]?.caughtUp();
    await promisesSettled();
    expect([looks.length, lag.unready()]).toEqual([2, null]);
    await time.pass(BOUND_MS / 5);
    expect(lag.unready()).toBe('the copy of the log may be 11000 ms behind');
    looks[2]?.caughtUp();
    await promisesSettled();
    expect(lag.unready()).toBeNull();
  });

  it('looks no more once it has ended', async () => {
    const { time, lag, looks } = copy();
    void lag.start();
    lag.stop();
    looks[0]?.caughtUp();
    await time.pass(BOUND_MS);
    expect([looks.length, time.timersSet]).toEqual([1, 0]);
  });
});
