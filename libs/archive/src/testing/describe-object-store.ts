import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ObjectExists, type ObjectStore } from '../object-store.js';

/** What every object store keeps, whatever it stands on. `open` gives handles on one store that was empty at first. */
export function itIsAnObjectStore(bench: { start(): Promise<void>; open(): ObjectStore; stop(): Promise<void> }): void {
  beforeAll(() => bench.start());
  afterAll(() => bench.stop());

  it('gives back what it was given, to whoever opens it', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 251));
    await bench.open().put('a/one.seg', bytes);
    expect(await bench.open().get('a/one.seg')).toEqual(bytes);
    expect(await bench.open().has('a/one.seg')).toBe(true);
  });

  it('keeps an empty object apart from none', async () => {
    await bench.open().put('a/empty', Buffer.alloc(0));
    expect(await bench.open().get('a/empty')).toEqual(Buffer.alloc(0));
    expect([await bench.open().get('a/none'), await bench.open().has('a/none')]).toEqual([null, false]);
  });

  it('takes the same bytes again and refuses others', async () => {
    await bench.open().put('a/fixed', Buffer.from('first'));
    await bench.open().put('a/fixed', Buffer.from('first'));
    await expect(bench.open().put('a/fixed', Buffer.from('other'))).rejects.toBeInstanceOf(ObjectExists);
    expect(String(await bench.open().get('a/fixed'))).toBe('first');
  });

  it('lets one of those win that put at once', async () => {
    const writers = Array.from({ length: 8 }, (_, index) => Buffer.from(`writer ${index}`));
    const outcomes = await Promise.allSettled(writers.map((bytes) => bench.open().put('a/race', bytes)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(await bench.open().get('a/race')).toEqual(writers[winner]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ObjectExists);
  });

  it('lists by prefix, sorted, also more than one page', async () => {
    const names = Array.from({ length: 120 }, (_, index) => `many/${String(index).padStart(4, '0')}.seg`);
    await Promise.all(names.map((name) => bench.open().put(name, Buffer.from(name))));
    await bench.open().put('manyfold/x', Buffer.from('beside'));
    expect(await bench.open().list('many/')).toEqual(names);
    expect(await bench.open().list('many/001')).toEqual(names.slice(10, 20));
    expect(await bench.open().list('nothing/')).toEqual([]);
  });

  it.each(['', '/', '../out', 'a/../b', 'a//b', '.hidden', 'a b', 'a/'])('refuses %j as a key', async (key) => {
    await expect(bench.open().put(key, Buffer.alloc(1))).rejects.toBeInstanceOf(RangeError);
    await expect(bench.open().get(key)).rejects.toBeInstanceOf(RangeError);
  });
}
