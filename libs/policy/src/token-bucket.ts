/** How a bucket fills: at most `capacity` tokens, `refillPerSecond` new ones a second. */
export interface BucketRule {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** Tokens a bucket held at an instant. A bucket that does not exist is full. */
export interface BucketState {
  readonly tokens: number;
  readonly atMs: number;
}

/** Tokens at `nowMs`. A clock that went back adds nothing; a rule that became smaller takes the surplus away. */
export function tokensAt(state: BucketState | undefined, rule: BucketRule, nowMs: number): number {
  if (state === undefined) return rule.capacity;
  const elapsedMs = Math.max(0, nowMs - state.atMs);
  return Math.min(rule.capacity, state.tokens + (elapsedMs * rule.refillPerSecond) / 1_000);
}

/** Milliseconds until one token is there: 0 when one can be taken now. */
export function waitForToken(tokens: number, rule: BucketRule): number {
  return tokens >= 1 ? 0 : Math.max(1, Math.ceil(((1 - tokens) * 1_000) / rule.refillPerSecond));
}

/** The bucket after one token was taken from the `tokens` it held; time never goes back in it. */
export const afterTaking = (state: BucketState | undefined, tokens: number, nowMs: number): BucketState => ({
  tokens: tokens - 1,
  atMs: state === undefined ? nowMs : Math.max(state.atMs, nowMs),
});
