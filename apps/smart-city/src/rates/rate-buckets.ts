import type { RateRule } from '@intendant/intent-model';
import { afterTaking, type BucketState, type RateRefusal, tokensAt, waitForToken } from '@intendant/policy';

const BUCKETS_MAX = 100_000;

interface Bucket {
  readonly rule: RateRule;
  state: BucketState | undefined;
}

/**
 * Token buckets of all tenants. Soft: they are lost with the process, and each instance counts for itself. Bounded: when
 * there are too many, those that are full again go first, which changes nothing, then the oldest.
 */
export class RateBuckets {
  readonly #buckets = new Map<string, Bucket>();

  constructor(private readonly bucketsMax: number = BUCKETS_MAX) {}

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token of each rate or none at all. */
  take(rates: readonly RateRule[], tenantId: string, userId: string, nowMs: number): RateRefusal | null {
    let refusal: RateRefusal | null = null;
    const taking: { readonly bucket: Bucket; readonly tokens: number }[] = [];
    for (const rule of rates) {
      const bucket = this.#bucketOf(rule, tenantId, userId, nowMs);
      const tokens = tokensAt(bucket.state, rule, nowMs);
      const retryAfterMs = waitForToken(tokens, rule);
      if (retryAfterMs > (refusal?.retryAfterMs ?? 0)) refusal = { rateId: rule.id, retryAfterMs };
      taking.push({ bucket, tokens });
    }
    if (refusal !== null) return refusal;
    for (const { bucket, tokens } of taking) bucket.state = afterTaking(bucket.state, tokens, nowMs);
    return null;
  }

  /** Names hold no spaces, so a key is one tenant, one rule and, where it counts by user, one user. */
  #bucketOf(rule: RateRule, tenantId: string, userId: string, nowMs: number): Bucket {
    const key = rule.per === 'user' ? `${tenantId} ${rule.id} ${userId}` : `${tenantId} ${rule.id}`;
    const known = this.#buckets.get(key);
    if (known !== undefined && known.rule === rule) return known;
    if (known === undefined && this.#buckets.size >= this.bucketsMax) this.#makeRoom(nowMs);
    const bucket = { rule, state: known?.state };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #makeRoom(nowMs: number): void {
    for (const [key, { rule, state }] of this.#buckets) {
      if (tokensAt(state, rule, nowMs) >= rule.capacity) this.#buckets.delete(key);
    }
    const sizeWanted = Math.floor(this.bucketsMax * 0.9);
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= sizeWanted) return;
      this.#buckets.delete(key);
    }
  }
}
