const CHECK_EVERY_MS = 20;

/** Resolves when the condition holds; a wait in vain is ended by the test's own limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => void setTimeout(resolve, CHECK_EVERY_MS));
}
