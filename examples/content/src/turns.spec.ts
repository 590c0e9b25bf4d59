import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

describe('turns', () => {
  it('lets so many run at once, and the next in order when one ends, however it ends', async () => {
    const turns = new Turns(2);
    const started: number[] = [];
    const ends: ((failure?: Error) => void)[] = [];
    const taken = [1, 2, 3, 4].map((number) => {
      const run = (): Promise<void> => {
        started.push(number);
        return new Promise((resolve, reject) => ends.push((failure) => (failure ? reject(failure) : resolve())));
      };
      return turns.take(run).catch((failure: unknown) => failure);
    });
    expect(started).toEqual([1, 2]);
    const failure = new Error('it ends badly');
    ends[1]?.(failure);
    expect(await taken[1]).toBe(failure);
    expect(started).toEqual([1, 2, 3]);
    ends[0]?.();
    await taken[0];
    expect(started).toEqual([1, 2, 3, 4]);
    ends[2]?.();
    ends[3]?.();
    await Promise.all(taken);
    await turns.take(() => Promise.resolve());
  });
});
