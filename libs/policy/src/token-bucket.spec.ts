import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { afterTaking, type BucketState, tokensAt, waitForToken } from './index.js';

const rule = fc.record({
  capacity: fc.integer({ min: 1, max: 1_000 }),
  refillPerSecond: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
});
const gaps = fc.array(fc.integer({ min: -500, max: 5_000 }), { maxLength: 200 });

describe('token bucket', () => {
  it('never gives more than it holds and refills, and never holds more than its capacity', () => {
    fc.assert(
      fc.property(rule, gaps, (bucket, waits) => {
        let state: BucketState | undefined;
        let nowMs = 0;
        let latestMs = 0;
        let taken = 0;
        for (const wait of waits) {
          nowMs = Math.max(0, nowMs + wait);
          latestMs = Math.max(latestMs, nowMs);
          const tokens = tokensAt(state, bucket, nowMs);
          expect(tokens).toBeLessThanOrEqual(bucket.capacity);
          expect(tokens).toBeGreaterThanOrEqual(0);
          if (waitForToken(tokens, bucket) === 0) {
            state = afterTaking(state, tokens, nowMs);
            taken += 1;
          }
        }
        expect(taken).toBeLessThanOrEqual(bucket.capacity + (latestMs * bucket.refillPerSecond) / 1_000 + 1e-6);
      }),
    );
  });

  it('holds a token once the wait it named is over', () => {
    fc.assert(
      fc.property(rule, fc.double({ min: 0, max: 0.999, noNaN: true }), (bucket, tokens) => {
        const state = { tokens, atMs: 1_000 };
        const waitMs = waitForToken(tokens, bucket);
        expect(waitMs).toBeGreaterThan(0);
        expect(tokensAt(state, bucket, 1_000 + waitMs)).toBeGreaterThanOrEqual(1 - 1e-9);
      }),
    );
  });

  it('is full when new, and gives a surplus back when the rule shrinks', () => {
    const wide = { capacity: 10, refillPerSecond: 1 };
    expect(tokensAt(undefined, wide, 5)).toBe(10);
    expect(tokensAt({ tokens: 9, atMs: 5 }, { ...wide, capacity: 3 }, 5)).toBe(3);
  });

  it('adds nothing when the clock goes back', () => {
    const bucket = { capacity: 10, refillPerSecond: 1_000 };
    const state = afterTaking({ tokens: 5, atMs: 10_000 }, 5, 4_000);
    expect(state).toEqual({ tokens: 4, atMs: 10_000 });
    expect(tokensAt(state, bucket, 9_000)).toBe(4);
  });
});
