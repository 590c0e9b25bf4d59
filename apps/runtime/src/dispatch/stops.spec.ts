import { describe, expect, it } from '@jest/globals';
import { Stops } from './stops.js';

const token = { epoch: 1, n: 2 };
const KEY = 'a'.repeat(64);

describe('calling a delivery off', () => {
  it('acts at once, and once', async () => {
    const stops = new Stops();
    const acted: string[] = [];
    await stops.during(token, KEY, async () => {
      const stop = stops.of(token, KEY);
      stop.act = (because) => void acted.push(because);
      stops.stop(token, KEY, 'first');
      stops.stop(token, KEY, 'second');
      expect(stop.because).toBe('first');
    });
    expect(acted).toEqual(['first']);
  });

  it('means one call, not another of the same step', async () => {
    const stops = new Stops();
    await stops.during(token, KEY, async () => {
      stops.stop({ epoch: 1, n: 3 }, KEY, 'another');
      expect(stops.of(token, KEY).because).toBeNull();
    });
  });

  it('is nothing before it began and after it ended', async () => {
    const stops = new Stops();
    stops.stop(token, KEY, 'early');
    await stops.during(token, KEY, async () => expect(stops.of(token, KEY).because).toBeNull());
    stops.stop(token, KEY, 'late');
    expect(() => stops.of(token, KEY)).toThrow('no delivery');
  });
});
