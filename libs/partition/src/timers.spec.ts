import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, it } from '@jest/globals';
import { Timers } from './timers.js';

const DAY_MS = 24 * 3_600_000;

function timers(): { time: ManualTime; timers: Timers; fired: string[]; arm: (name: string, inMs: number) => void } {
  const time = new ManualTime();
  const made = new Timers(time, time);
  const fired: string[] = [];
  const arm = (name: string, inMs: number): void =>
    made.arm(name, new Date(time.nowMs() + inMs).toISOString(), () => void fired.push(name));
  return { time, timers: made, fired, arm };
}

describe('timers', () => {
  it('fire once, when they are due, in their order', async () => {
    const { time, fired, arm, timers: made } = timers();
    arm('b', 2_000);
    arm('a', 1_000);
    await time.pass(999);
    expect(fired).toEqual([]);
    await time.pass(5_000);
    expect(fired).toEqual(['a', 'b']);
    expect(made.count).toBe(0);
  });

  it('are armed once under a name, and can be armed again after they fired', async () => {
    const { time, fired, arm } = timers();
    arm('a', 1_000);
    arm('a', 10);
    await time.pass(1_000);
    arm('a', 10);
    await time.pass(10);
    expect(fired).toEqual(['a', 'a']);
  });

  it('that are overdue fire at once', async () => {
    const { time, fired, arm } = timers();
    arm('late', -5_000);
    await time.pass(0);
    expect(fired).toEqual(['late']);
  });

  it('may be longer than any single wait', async () => {
    const { time, fired, arm, timers: made } = timers();
    arm('far', 100 * DAY_MS);
    await time.pass(100 * DAY_MS - 1);
    expect([fired, made.count]).toEqual([[], 1]);
    await time.pass(1);
    expect([fired, made.count]).toEqual([['far'], 0]);
  });

  it('never fire after they are stopped', async () => {
    const { time, fired, arm, timers: made } = timers();
    arm('a', 1_000);
    arm('far', 3 * DAY_MS);
    await time.pass(DAY_MS + 1);
    made.stop();
    await time.pass(10 * DAY_MS);
    expect([fired, made.count, time.timersSet]).toEqual([['a'], 0, 0]);
  });
});
