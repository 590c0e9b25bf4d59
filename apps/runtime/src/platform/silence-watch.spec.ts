import { describe, expect, it } from '@jest/globals';
import { SilenceWatch } from './silence-watch.js';

describe('the watch for silence', () => {
  it('tells of each execution once as long as it stays silent, and again when it falls silent again', () => {
    let silent: string[] = [];
    const told: string[] = [];
    const watch = new SilenceWatch({ silent: () => silent }, 1_000, (executionId) => void told.push(executionId));
    const look = (...now: string[]): number => {
      silent = now;
      watch.look();
      return watch.count;
    };
    expect([look('a'), look('a', 'b'), look('b'), look(), look('a')]).toEqual([1, 2, 1, 0, 1]);
    expect(told).toEqual(['a', 'b', 'a']);
  });
});
