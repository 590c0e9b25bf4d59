import { randomFillSync } from 'node:crypto';
import type { Random } from '@intendant/kernel';

/** Hands out a pool of random bytes piece by piece: one call to the kernel per few hundred ids. */
export function systemRandom(): Random {
  const pool = Buffer.alloc(4_096);
  let at = pool.length;
  return {
    bytes(count) {
      if (at + count > pool.length) {
        randomFillSync(pool);
        at = 0;
      }
      const bytes = Uint8Array.prototype.slice.call(pool, at, at + count);
      pool.fill(0, at, at + count);
      at += count;
      return bytes;
    },
  };
}
