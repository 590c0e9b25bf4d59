const CHECK_EVERY_MS = 20;

/** Resolves when the condition holds; the test's own timeout ends a wait in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => void setTimeout(resolve, CHECK_EVERY_MS));
}
