import { setImmediate } from 'node:timers/promises';

/** Entries read at once; others get their turn in between. */
const READ_ENTRIES = 100;
/** Entries that one request looks through: of many refusals of others, few may be shown. */
const SCANNED_ENTRIES_MAX = 1_000;

/**
 * Up to `limit` entries that may be shown, newest first. Without `nextBefore` there are no older ones; with it there may be, even
 * when the page is short or empty.
 */
export async function refusalsPage<E extends { readonly firstSeq: number }>(
  readBackwards: (beforeSeq: number | undefined, count: number) => Promise<readonly E[]>,
  isShown: (entry: E) => boolean,
  before: number | undefined,
  limit: number,
): Promise<{ page: readonly E[]; nextBefore: number | null }> {
  const page: E[] = [];
  let nextBefore = before;
  for (let scanned = 0; scanned < SCANNED_ENTRIES_MAX; scanned += READ_ENTRIES) {
    if (scanned > 0) await setImmediate();
    const read = await readBackwards(nextBefore, READ_ENTRIES);
    for (const entry of read.filter(isShown)) {
      if (page.length === limit) return { page, nextBefore: page.at(-1)?.firstSeq ?? null };
      page.push(entry);
    }
    if (read.length < READ_ENTRIES) return { page, nextBefore: null };
    nextBefore = read.at(-1)?.firstSeq;
  }
  return { page, nextBefore: nextBefore ?? null };
}
