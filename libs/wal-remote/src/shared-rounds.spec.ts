import { describe, expect, it } from '@jest/globals';
import { SharedRounds } from './shared-rounds.js';

/** Rounds that end when they are told to. */
function heldRounds() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const rounds = new SharedRounds(() => new Promise<void>((resolve, reject) => void ends.push({ resolve, reject })));
  return { ends, rounds };
}

describe('rounds that are shared', () => {
  it('whoever comes while one is under way shares the next: it began after they asked', async () => {
    const { ends, rounds } = heldRounds();
    const first = rounds.join();
    const late = [rounds.join(), rounds.join(), rounds.join()];
    expect(ends).toHaveLength(1);
    ends[0]?.resolve();
    await first;
    await Promise.resolve();
    expect(ends).toHaveLength(2);
    ends[1]?.resolve();
    await Promise.all(late);
    expect(ends).toHaveLength(2);
  });

  it('a round that fails fails those who share it, and nobody else', async () => {
    const { ends, rounds } = heldRounds();
    const first = rounds.join();
    const second = rounds.join();
    ends[0]?.reject(new Error('no answer'));
    await expect(first).rejects.toThrow('no answer');
    await Promise.resolve();
    ends[1]?.resolve();
    await expect(second).resolves.toBeUndefined();
  });

  it('begins at once when nothing is under way', async () => {
    const { ends, rounds } = heldRounds();
    for (const turn of [0, 1, 2]) {
      const one = rounds.join();
      expect(ends).toHaveLength(turn + 1);
      ends[turn]?.resolve();
      await one;
    }
  });
});
