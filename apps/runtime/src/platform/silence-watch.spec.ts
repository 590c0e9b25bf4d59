import { describe, expect, it } from '@jest/globals';
import { SilenceWatch } from './silence-watch.js';

const fail = (error: Error): never => {
  throw error;
};

describe('the watch for silence', () => {
  it('tells of each execution once as long as it stays silent, and again when it falls silent again', async () => {
    let silent: string[] = [];
    const told: string[] = [];
    const watch = new SilenceWatch(
      { silent: async () => silent },
      1_000,
      (executionId) => void told.push(executionId),
      fail,
    );
    const counts: number[] = [];
    for (const now of [['a'], ['a', 'b'], ['b'], [], ['a']]) {
      silent = now;
      await watch.look();
      counts.push(watch.count);
    }
    expect(counts).toEqual([1, 2, 1, 0, 1]);
    expect([watch.has('a'), watch.has('b')]).toEqual([true, false]);
    expect(told).toEqual(['a', 'b', 'a']);
  });
});
