import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './refusals.js';

/**
 * Makes the data directory, closed to other users; one that is there already keeps its mode. As root it may be passed
 * through but not listed, because the database below it runs as another user. Everything secret is closed by itself.
 */
export function prepareDataDirectory(dataDir: string): void {
  try {
    if (mkdirSync(dataDir, { recursive: true }) !== undefined) {
      chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
    }
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const name of ['keys', 'tls']) mkdirSync(join(dataDir, name), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Refusal(
      `The data directory ${dataDir} cannot be used by this user: ${(cause as Error).message}\n` +
        '  Give it to this user, or choose another with INTENDANT_DATA_DIR.',
      1,
      { cause },
    );
  }
}
