import { describe, expect, it } from '@jest/globals';
import type { Ownership } from './ownership.js';
import { SoleOwnership } from './sole-ownership.js';

const self = { replicaId: 'a', linkUrl: 'https://a.example' };

describe('the ownership of a log that nobody shares', () => {
  it('is whole from the start, and drains at once', async () => {
    const ownership: Ownership = new SoleOwnership(self);
    ownership.start();
    expect([0, 15].map((partition) => ownership.mine(partition))).toEqual([true, true]);
    expect(ownership.ownerOf(3)).toEqual(self);
    expect([ownership.unready(), ownership.clockOffsetMs]).toEqual([null, null]);
    await ownership.drain(0);
    expect(ownership.mine(3)).toBe(true);
    ownership.stop();
  });

  it('never has again what the log took away', () => {
    const ownership = new SoleOwnership(self);
    ownership.lost(3);
    expect([3, 4].map((partition) => ownership.mine(partition))).toEqual([false, true]);
  });
});
