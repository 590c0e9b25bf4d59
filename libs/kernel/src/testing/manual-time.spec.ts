import { describe, expect, it } from '@jest/globals';
import { ManualTime, promisesSettled, seededRandom } from './index.js';

describe('time that is moved by hand', () => {
  it('stands still, and runs what falls due in its order, at its time', async () => {
    const time = new ManualTime(1_000);
    const ran: [string, number][] = [];
    const run = (name: string) => () => void ran.push([name, time.nowMs()]);
    time.after(20, run('b'));
    time.after(10, () => {
      run('a')();
      time.after(5, run('a+5'));
    });
    time.after(100, run('later'));
    await promisesSettled();
    expect([time.nowMs(), time.timersSet]).toEqual([1_000, 3]);
    await time.pass(50);
    expect(ran).toEqual([
      ['a', 1_010],
      ['a+5', 1_015],
      ['b', 1_020],
    ]);
    expect([time.nowMs(), time.timersSet]).toEqual([1_050, 1]);
  });

  it('never runs what was cancelled', async () => {
    const time = new ManualTime();
    let ran = false;
    const cancel = time.after(10, () => {
      ran = true;
    });
    cancel();
    await time.pass(10);
    expect([ran, time.timersSet]).toEqual([false, 0]);
  });

  it('lets promises settle before the next timer', async () => {
    const time = new ManualTime();
    const order: string[] = [];
    time.after(1, () => void Promise.resolve().then(() => order.push('first, settled')));
    time.after(2, () => void order.push('second'));
    await time.pass(2);
    expect(order).toEqual(['first, settled', 'second']);
  });
});

describe('seeded randomness', () => {
  it('is the same for the same seed, and uses every byte value', () => {
    expect(seededRandom(5).bytes(32)).toEqual(seededRandom(5).bytes(32));
    expect(seededRandom(5).bytes(32)).not.toEqual(seededRandom(7).bytes(32));
    expect(new Set(seededRandom(5).bytes(10_000)).size).toBe(256);
  });
});
