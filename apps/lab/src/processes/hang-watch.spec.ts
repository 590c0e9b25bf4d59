import { beforeEach, describe, expect, it } from '@jest/globals';
import { hangPolicyOf, SignsOfLife } from './hang-watch.js';

const POLICY = { askEveryMs: 5_000, unansweredMax: 3 };

let nowMs: number;
let signs: SignsOfLife;
beforeEach(() => {
  nowMs = 1_000;
  signs = new SignsOfLife(POLICY);
});

/** The next question, `afterMs` after the one before: whether the process is given up. */
const asked = (afterMs = POLICY.askEveryMs): boolean => {
  nowMs += afterMs;
  return signs.asking(nowMs);
};
const askedTimes = (count: number): boolean[] => Array.from({ length: count }, () => asked());

describe('signs of life', () => {
  it('gives up a process that answered and then left so many questions in a row without an answer', () => {
    asked();
    signs.answered();
    expect(askedTimes(4)).toEqual([false, false, false, true]);
  });

  it('begins anew with every answer, however late it comes', () => {
    asked();
    for (let round = 0; round < 3; round += 1) {
      signs.answered();
      expect(askedTimes(3)).toEqual([false, false, false]);
    }
  });

  it('does not judge a process that never answered: it may not know the question', () => {
    expect(askedTimes(20)).not.toContain(true);
  });

  it('begins anew when it was held up itself: the machine slept, or has no time for anybody', () => {
    asked();
    signs.answered();
    askedTimes(3);
    expect(asked(3_600_000)).toBe(false);
    expect(askedTimes(3)).toEqual([false, false, true]);
    signs.answered();
    for (let count = 0; count < 20; count += 1) expect(asked(2 * POLICY.askEveryMs + 1)).toBe(false);
  });
});

describe('the policy for a time of silence', () => {
  it('is none for 0, and never shorter than what was asked for', () => {
    expect(hangPolicyOf(0)).toBeUndefined();
    expect(hangPolicyOf(60_000)).toEqual({ askEveryMs: 5_000, unansweredMax: 12 });
    expect(hangPolicyOf(1)).toEqual({ askEveryMs: 5_000, unansweredMax: 1 });
  });
});
