import { describe, expect, it } from '@jest/globals';
import { refusalsPage } from './refusals-page.js';

/** A stream of so many entries of two records each; the oldest has the sequence number 1. */
function streamOf(count: number) {
  const entries = Array.from({ length: count }, (_, n) => ({ firstSeq: 2 * (count - n) - 1 }));
  const reads: number[] = [];
  const readBackwards = async (beforeSeq = Number.MAX_SAFE_INTEGER, limit: number) => {
    const read = entries.filter(({ firstSeq }) => firstSeq < beforeSeq).slice(0, limit);
    reads.push(read.length);
    return read;
  };
  return { entries, reads, readBackwards };
}

/** Every page, as a client gets them that goes on while there is a `nextBefore`. */
async function pagesOf(stream: ReturnType<typeof streamOf>, isShown: (seq: number) => boolean, limit: number) {
  const pages: number[][] = [];
  for (let before: number | undefined | null; before !== null; ) {
    const found = await refusalsPage(stream.readBackwards, (entry) => isShown(entry.firstSeq), before, limit);
    pages.push(found.page.map(({ firstSeq }) => firstSeq));
    before = found.nextBefore;
  }
  return pages;
}

describe('a page of refusals', () => {
  it.each([0, 1, 50, 51, 99, 100, 101, 2_500])(
    'shows each of %i once, newest first, and says when there are no more',
    async (count) => {
      const stream = streamOf(count);
      const pages = await pagesOf(stream, () => true, 50);
      expect(pages.flat()).toEqual(stream.entries.map(({ firstSeq }) => firstSeq));
      expect(pages).toHaveLength(Math.max(1, Math.ceil(count / 50)));
    },
  );

  it('looks through a thousand entries for a caller who may see few, and is then gone on with', async () => {
    const stream = streamOf(2_500);
    const first = await refusalsPage(stream.readBackwards, () => false, undefined, 50);
    expect([first.page, first.nextBefore]).toEqual([[], stream.entries[999]?.firstSeq]);
    expect(stream.reads.reduce((sum, read) => sum + read)).toBe(1_000);
    // the oldest of all, behind two empty pages
    expect(await pagesOf(stream, (seq) => seq === 1, 50)).toEqual([[], [], [1]]);
  });

  it('lets others have their turn while it looks', async () => {
    const stream = streamOf(2_500);
    let turns = 0;
    const count = (): void => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await refusalsPage(stream.readBackwards, () => false, undefined, 50);
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(9);
  });
});
