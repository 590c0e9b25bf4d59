const CHECK_EVERY_MS = 20;
/** Below the time a test may take, so that a wait in vain says where it was, and leaves nothing running. */
const WAIT_AT_MOST_MS = 150_000;

/** Resolves when the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + WAIT_AT_MOST_MS;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`in vain for ${WAIT_AT_MOST_MS} ms: ${String(condition)}`);
    await new Promise((resolve) => void setTimeout(resolve, CHECK_EVERY_MS));
  }
}
