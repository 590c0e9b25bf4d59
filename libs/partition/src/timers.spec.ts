import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, it } from '@jest/globals';
import { Timers } from './timers.js';

const DAY_MS = 24 * 3_600_000;

/** `lookAgainMs` of a day, where nothing is said about clocks that jump: a long time passes in few steps. */
function timers(lookAgainMs = DAY_MS): {
  time: ManualTime;
  timers: Timers;
  fired: string[];
  arm: (name: string, inMs: number) => void;
} {
  const time = new ManualTime();
  const fired: string[] = [];
  const made = new Timers(
    time,
    time,
    (id, timerId) => void fired.push(timerId === 'a' ? id : `${id}/${timerId}`),
    lookAgainMs,
  );
  /** Timer `a` of an execution, or the one that is named. */
  const arm = (name: string, inMs: number): void => {
    const [executionId = '', timerId = 'a'] = name.split('/');
    made.arm(executionId, timerId, new Date(time.nowMs() + inMs).toISOString());
  };
  return { time, timers: made, fired, arm };
}

describe('timers', () => {
  it('that are forgotten do not fire, the others do, and a forgotten one may be armed again', async () => {
    const { time, timers: made, fired, arm } = timers();
    for (const [n, name] of ['c', 'x/1', 'a', 'x/2', 'b'].entries()) arm(name, 1_000 * (5 - n));
    made.forget((executionId) => executionId === 'x');
    expect(made.count).toBe(3);
    arm('x/1', 9_000);
    await time.pass(6_000);
    expect(fired).toEqual(['b', 'a', 'c']);
    await time.pass(4_000);
    expect(fired.at(-1)).toBe('x/1');
  });

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

  it('fire within a tenth of a second when the clock jumps past them, and once', async () => {
    const time = new ManualTime();
    let jumpMs = 0;
    const fired: number[] = [];
    const clock = { nowMs: () => time.nowMs() + jumpMs };
    const made = new Timers(clock, time, () => void fired.push(time.nowMs()));
    made.arm('exe', 'in a year', new Date(time.nowMs() + 365 * DAY_MS).toISOString());
    await time.pass(5_000);
    jumpMs = 366 * DAY_MS;
    const jumpedAtMs = time.nowMs();
    await time.pass(1_000);
    expect(fired).toHaveLength(1);
    expect((fired[0] as number) - jumpedAtMs).toBeLessThanOrEqual(100);
  });

  it('wait for their instant when the clock is set back', async () => {
    const time = new ManualTime();
    let jumpMs = 0;
    const fired: string[] = [];
    const made = new Timers({ nowMs: () => time.nowMs() + jumpMs }, time, (_id, timerId) => void fired.push(timerId));
    made.arm('exe', 'soon', new Date(time.nowMs() + 1_000).toISOString());
    jumpMs = -5_000;
    await time.pass(5_900);
    expect(fired).toEqual([]);
    await time.pass(200);
    expect(fired).toEqual(['soon']);
  });
});
