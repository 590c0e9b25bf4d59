import type { CallToken } from '@intendant/intent-model';

/** Orders call tokens: by epoch of the owner, then by n. Negative when `left` is the older one. */
export const compareTokens = (left: CallToken, right: CallToken): number =>
  left.epoch - right.epoch || left.n - right.n;
