import type { RateRule } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { RateBuckets } from './rates/rate-buckets.js';

const perUser: RateRule = { id: 'user', action: '*', per: 'user', capacity: 2, refillPerSecond: 1 };
const perTenant: RateRule = { id: 'tenant', action: '*', per: 'tenant', capacity: 3, refillPerSecond: 1 };

describe('rate buckets', () => {
  it('counts each user, each tenant and each rule for itself', () => {
    const buckets = new RateBuckets();
    const take = (rule: RateRule, tenantId: string, userId: string) =>
      buckets.take([rule], tenantId, userId, 0) === null;
    expect([1, 2, 3].map(() => take(perUser, 't_a', 'ann'))).toEqual([true, true, false]);
    expect(take(perUser, 't_a', 'bob')).toBe(true);
    expect(take(perUser, 't_b', 'ann')).toBe(true);
    expect(['ann', 'bob', 'cy', 'di'].map((user) => take(perTenant, 't_a', user))).toEqual([true, true, true, false]);
  });

  it('takes from all rates or from none, and names the longest wait', () => {
    const buckets = new RateBuckets();
    buckets.take([perUser], 't_a', 'ann', 0);
    buckets.take([perUser], 't_a', 'ann', 0);
    for (let n = 0; n < 5; n += 1)
      expect(buckets.take([perTenant, perUser], 't_a', 'ann', 0)).toEqual({ rateId: 'user', retryAfterMs: 1_000 });
    expect([1, 2, 3, 4].map(() => buckets.take([perTenant], 't_a', 'ann', 0))).toEqual([
      null,
      null,
      null,
      { rateId: 'tenant', retryAfterMs: 1_000 },
    ]);
  });

  it('grants after the wait it named', () => {
    const buckets = new RateBuckets();
    buckets.take([perUser], 't_a', 'ann', 0);
    buckets.take([perUser], 't_a', 'ann', 500);
    const refusal = buckets.take([perUser], 't_a', 'ann', 600);
    expect(refusal).toEqual({ rateId: 'user', retryAfterMs: 400 });
    expect(buckets.take([perUser], 't_a', 'ann', 1_000)).toBeNull();
  });

  it('goes on counting when a new revision changes the rule', () => {
    const buckets = new RateBuckets();
    buckets.take([perUser], 't_a', 'ann', 0);
    buckets.take([perUser], 't_a', 'ann', 0);
    expect(buckets.take([{ ...perUser, capacity: 10 }], 't_a', 'ann', 0)).not.toBeNull();
  });

  it('stays bounded and forgets full buckets first', () => {
    const buckets = new RateBuckets(100);
    const slow = { ...perUser, refillPerSecond: 1e-6 };
    for (let n = 0; n < 50; n += 1) buckets.take([slow], 't_a', `slow${n}`, 0);
    for (let n = 0; n < 1_000; n += 1) {
      buckets.take([perUser], 't_a', `user${n}`, n * 2_000);
      expect(buckets.size).toBeLessThanOrEqual(100);
    }
    expect(buckets.take([slow], 't_a', 'slow49', 1_000)).toBeNull();
    expect(buckets.take([slow], 't_a', 'slow49', 1_000)).not.toBeNull();
  });
});
