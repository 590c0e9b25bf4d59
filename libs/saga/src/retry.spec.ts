import type { RetryPolicy, StepError } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judgeRetry } from './retry.js';

const policy: RetryPolicy = {
  attemptsMax: 5,
  initialMs: 1_000,
  factor: 2,
  capMs: 6_000,
  nonRetryableCodes: ['bad_input'],
};
const error = (code = 'upstream_down', retryable = true): StepError => ({
  code,
  message: '',
  retryable,
  details: null,
});
const waitOf = (rule: RetryPolicy, attempt: number, seed: string): number => {
  const verdict = judgeRetry(rule, attempt, error(), seed);
  return verdict.permitted ? verdict.waitMs : Number.NaN;
};

const anyPolicy: fc.Arbitrary<RetryPolicy> = fc.record({
  attemptsMax: fc.integer({ min: 2, max: 20 }),
  initialMs: fc.integer({ min: 1, max: 3_600_000 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  capMs: fc.integer({ min: 1, max: 86_400_000 }),
  nonRetryableCodes: fc.constant([]),
});

describe('the wait before another attempt', () => {
  it('lies between half and all of the capped exponential', () => {
    fc.assert(
      fc.property(anyPolicy, fc.nat(18), fc.string(), (rule, n, seed) => {
        const attempt = 1 + (n % (rule.attemptsMax - 1));
        const full = Math.min(rule.capMs, rule.initialMs * rule.factor ** (attempt - 1));
        const wait = waitOf(rule, attempt, seed);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(Math.max(1, Math.floor(full / 2)));
        expect(wait).toBeLessThanOrEqual(Math.ceil(full));
        expect(wait).toBeLessThanOrEqual(rule.capMs);
      }),
      { numRuns: 1_000 },
    );
  });

  it('grows by the factor and is capped', () => {
    const widest = (attempt: number): number =>
      Math.max(...Array.from({ length: 500 }, (_, n) => waitOf(policy, attempt, `seed-${n}`)));
    const narrowest = (attempt: number): number =>
      Math.min(...Array.from({ length: 500 }, (_, n) => waitOf(policy, attempt, `seed-${n}`)));
    const bounds = [1, 2, 3, 4].map((attempt) => [
      Math.round(narrowest(attempt) / 100),
      Math.round(widest(attempt) / 100),
    ]);
    expect(bounds).toEqual([
      [5, 10],
      [10, 20],
      [20, 40],
      [30, 60],
    ]);
  });

  it('is fixed by the seed and differs between seeds and attempts', () => {
    expect(waitOf(policy, 3, 'a')).toBe(waitOf(policy, 3, 'a'));
    expect(new Set(Array.from({ length: 50 }, (_, n) => waitOf(policy, 3, `seed-${n}`))).size).toBeGreaterThan(40);
    const flat = { ...policy, factor: 1 };
    expect(waitOf(flat, 1, 'a')).not.toBe(waitOf(flat, 2, 'a'));
  });

  it('is the one that was recorded when this was written: a replay depends on it', () => {
    expect([1, 2, 3, 4].map((attempt) => waitOf(policy, attempt, 'seed-1'))).toEqual([970, 1_868, 3_025, 3_499]);
  });
});

describe('another attempt', () => {
  it('is permitted until all attempts are used', () => {
    const permitted = [1, 2, 3, 4, 5, 6].map((attempt) => judgeRetry(policy, attempt, error(), 's').permitted);
    expect(permitted).toEqual([true, true, true, true, false, false]);
    expect(judgeRetry({ ...policy, attemptsMax: 1 }, 1, error(), 's')).toEqual({
      permitted: false,
      reason: 'all 1 attempts are used',
    });
  });

  it('is not permitted after a final failure, stated by the error or declared by the policy', () => {
    expect(judgeRetry(policy, 1, error('upstream_down', false), 's')).toEqual({
      permitted: false,
      reason: 'upstream_down is final',
    });
    expect(judgeRetry(policy, 1, error('bad_input'), 's')).toEqual({
      permitted: false,
      reason: 'bad_input is declared final',
    });
  });

  it('says why it is permitted', () => {
    expect(judgeRetry(policy, 2, error(), 's')).toMatchObject({ reason: 'attempt 2 of 5 failed with upstream_down' });
  });
});
