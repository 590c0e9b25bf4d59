// Which replica holds how many partitions, as each says itself.
import { request } from 'undici';

/** Of a log that is made now; what a cluster is told otherwise by its environment. */
export const PARTITIONS = Number(process.env.INTENDANT_PARTITIONS ?? 16);
const ASK_EVERY_MS = 20;
/** A copy of a million executions that is read anew takes minutes. */
const HELD_WITHIN_MS = 900_000;
const ANSWER_MS_MAX = 2_000;

/** Sum over all labels of one metric; rejects when the replica does not answer. */
export async function metricAt(url, name) {
  const limits = { headersTimeout: ANSWER_MS_MAX, bodyTimeout: ANSWER_MS_MAX };
  const page = await (await request(`${url}/metrics`, limits)).body.text();
  return page
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Resolves when `isReached` is true of what each replica holds; 0 for one that does not answer. */
export async function heldAs(urls, isReached) {
  const untilMs = performance.now() + HELD_WITHIN_MS;
  for (;;) {
    const held = await Promise.all(urls.map((url) => metricAt(url, 'intendant_partitions_held').catch(() => 0)));
    if (isReached(held)) return;
    if (performance.now() > untilMs) throw new Error(`partitions held after ${HELD_WITHIN_MS} ms: ${held.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

/** Resolves when every partition is held, and each replica has its share. */
export const allHeld = (urls) =>
  heldAs(urls, (held) => held.every((own) => Math.abs(own - PARTITIONS / urls.length) < 1));
