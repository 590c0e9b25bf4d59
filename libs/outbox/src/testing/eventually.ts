import { setTimeout as pause } from 'node:timers/promises';

const CHECK_EVERY_MS = 25;
/** Below the time a test may take, so that a wait in vain says for what. */
const WAIT_AT_MOST_MS = 150_000;

/** The first value of `probe` that is not undefined; a probe that rejects is asked again. */
export async function eventually<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const giveUpAtMs = Date.now() + WAIT_AT_MOST_MS;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > giveUpAtMs) throw new Error(`in vain for ${WAIT_AT_MOST_MS} ms: ${what}`, { cause: last });
    await pause(CHECK_EVERY_MS);
  }
}
