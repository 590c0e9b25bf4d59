import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, it } from '@jest/globals';
import { FollowedCopy } from './copy-of-log.js';
import { HeldPlace, type PlaceMessage } from './held-place.js';

const BOUND_MS = 10_000;

/** A Runtime, and the process beside it that works for all replicas; `frozen`: what the Runtime says does not arrive. */
function pair() {
  const time = new ManualTime();
  const state = { stale: false, frozen: false, letGo: 0 };
  const letGo = (): void => {
    state.letGo += 1;
  };
  const place = new HeldPlace(letGo, time);
  const tell = (message: PlaceMessage): void => (state.frozen ? undefined : place.heard(message));
  const copy = new FollowedCopy(
    { isStale: () => state.stale, boundMs: BOUND_MS },
    { letGo: () => tell('let go'), holdFor: (ms) => tell({ holdForMs: ms }) },
    time,
  );
  copy.start();
  return { time, state, copy, place };
}

describe('what one replica does for all', () => {
  it('is another one’s when the copy of the log is stale, again and again until it follows', async () => {
    const { time, state, copy } = pair();
    for (let n = 0; n < 3; n += 1) await time.pass(BOUND_MS);
    expect(state.letGo).toBe(0);
    state.stale = true;
    for (let n = 0; n < 3; n += 1) await time.pass(BOUND_MS);
    expect(state.letGo).toBe(3);
    state.stale = false;
    for (let n = 0; n < 3; n += 1) await time.pass(BOUND_MS);
    expect(state.letGo).toBe(3);
    copy.stop();
  });

  it('is another one’s when the Runtime says nothing any more, until it speaks again', async () => {
    const { time, state } = pair();
    state.frozen = true;
    await time.pass(BOUND_MS);
    expect(state.letGo).toBe(0);
    await time.pass(BOUND_MS);
    expect(state.letGo).toBe(1);
    await time.pass(BOUND_MS);
    await time.pass(BOUND_MS);
    expect(state.letGo).toBe(2);
    state.frozen = false;
    for (let n = 0; n < 4; n += 1) await time.pass(BOUND_MS);
    expect(state.letGo).toBe(2);
  });

  it('stays where nobody shares the log: nothing is said then', async () => {
    const time = new ManualTime();
    const letGo: string[] = [];
    new HeldPlace(() => letGo.push('let go'), time).heard('hurry');
    await time.pass(10 * BOUND_MS);
    expect([letGo, time.timersSet]).toEqual([[], 0]);
  });
});
