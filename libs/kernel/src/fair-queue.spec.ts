import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue } from './fair-queue.js';

interface Item {
  readonly owner: string;
  readonly n: number;
}

const OWNERS = ['a', 'b', 'c', 'd'] as const;
/** An owner pushes one more item, or null: one is taken. */
const moves = fc.array(fc.option(fc.constantFrom(...OWNERS)), { maxLength: 200 });

/** What was taken, each with how many of every owner waited just before. */
function played(plan: readonly (string | null)[]) {
  const queue = new FairQueue<Item>();
  const pushed: Item[] = [];
  const taken: { readonly item: Item; readonly waiting: ReadonlyMap<string, number> }[] = [];
  const waiting = new Map<string, number>();
  const wait = (owner: string, change: number) => void waiting.set(owner, (waiting.get(owner) ?? 0) + change);
  const take = (): void => {
    const before = new Map(waiting);
    const item = queue.take();
    expect(item === undefined).toBe(pushed.length === taken.length);
    if (item === undefined) return;
    wait(item.owner, -1);
    taken.push({ item, waiting: before });
  };
  plan.forEach((owner, n) => {
    if (owner === null) take();
    else {
      pushed.push({ owner, n });
      queue.push(owner, pushed.at(-1) as Item);
      wait(owner, 1);
    }
    expect(queue.ownerCount).toBe([...waiting.values()].filter((count) => count > 0).length);
  });
  while (taken.length < pushed.length) take();
  expect([queue.take(), queue.ownerCount]).toEqual([undefined, 0]);
  return { pushed, taken };
}

const of = (items: readonly Item[], owner: string) => items.filter((item) => item.owner === owner);

describe('a fair queue', () => {
  it('gives everything out once, what is of one owner in the order it came, and keeps nothing of who has nothing waiting', () => {
    fc.assert(
      fc.property(moves, (plan) => {
        const { pushed, taken } = played(plan);
        const out = taken.map(({ item }) => item);
        for (const owner of OWNERS) expect(of(out, owner)).toEqual(of(pushed, owner));
        expect(out).toHaveLength(pushed.length);
      }),
    );
  });

  it('lets nobody have a second turn while somebody waits for a first', () => {
    fc.assert(
      fc.property(moves, (plan) => {
        const { taken } = played(plan);
        for (const owner of OWNERS) {
          let since = new Set<string>();
          for (const { item, waiting } of taken) {
            if (item.owner === owner || (waiting.get(owner) ?? 0) === 0) since = new Set();
            else {
              expect(since.has(item.owner)).toBe(false);
              since.add(item.owner);
            }
          }
        }
      }),
    );
  });

  it('has one item wait for one of each other owner, however many they have', () => {
    const queue = new FairQueue<string>();
    for (let n = 0; n < 20_000; n += 1) queue.push('greedy', `greedy ${n}`);
    queue.push('modest', 'modest 0');
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['greedy 0', 'modest 0', 'greedy 1']);
  });
});
