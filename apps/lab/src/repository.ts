import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this file belongs to; the same three steps up from `src` and from `dist`. */
export const repositoryRoot = resolve(fileURLToPath(new URL('../../..', import.meta.url)));

/** Where the lab keeps its state: `INTENDANT_DATA_DIR`, or `.intendant` in the checkout. */
export function dataDirectoryOf(env: NodeJS.ProcessEnv = process.env): string {
  return env.INTENDANT_DATA_DIR ? resolve(env.INTENDANT_DATA_DIR) : resolve(repositoryRoot, '.intendant');
}
