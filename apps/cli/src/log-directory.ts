import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_FILE, logDirectoryIn } from '@intendant/wal-sqlite';

/** That of the Runtime, whatever else is there; a copy of the log's files alone is found as well where it has none. */
export function logDirectoryOf(dataDir: string): string {
  const ofRuntime = logDirectoryIn(dataDir);
  const isCopyAlone = existsSync(join(dataDir, LOG_FILE)) && !existsSync(join(ofRuntime, LOG_FILE));
  return isCopyAlone ? dataDir : ofRuntime;
}
