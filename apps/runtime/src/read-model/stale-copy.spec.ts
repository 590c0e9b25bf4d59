import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, it } from '@jest/globals';
import { StaleCopy } from './stale-copy.js';

const BOUND_MS = 10_000;

describe('a replica whose copy of the log is stale', () => {
  it('lets another one project, again and again until it follows', async () => {
    const time = new ManualTime();
    let stale = false;
    let letGo = 0;
    const watch = new StaleCopy(
      { isStale: () => stale, boundMs: BOUND_MS },
      () => {
        letGo += 1;
      },
      time,
    );
    watch.start();
    await time.pass(3 * BOUND_MS);
    expect(letGo).toBe(0);
    stale = true;
    for (let n = 0; n < 3; n += 1) await time.pass(BOUND_MS);
    expect(letGo).toBe(3);
    stale = false;
    await time.pass(BOUND_MS);
    expect(letGo).toBe(3);
    watch.stop();
    expect(time.timersSet).toBe(0);
  });
});
