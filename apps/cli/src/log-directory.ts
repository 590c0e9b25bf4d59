import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_FILE } from '@intendant/wal-sqlite';

/** The directory of the log itself may be named as well as the data directory above it. */
export const logDirectoryOf = (dataDir: string): string =>
  existsSync(join(dataDir, LOG_FILE)) ? dataDir : join(dataDir, 'log');
