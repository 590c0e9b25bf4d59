import type { Random } from '../ports.js';

/** Random bytes that a seed determines (xorshift32). */
export function seededRandom(seed: number): Random {
  let state = seed | 1;
  const byte = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  };
  return { bytes: (count) => Uint8Array.from({ length: count }, byte) };
}
