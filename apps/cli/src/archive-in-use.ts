import { LogArchive, type ObjectStore, openObjectStore, readArchiveSettings } from '@intendant/archive';
import { NoLog, SqliteLogReader } from '@intendant/wal-sqlite';
import type { Invocation } from './invocation.js';
import { logDirectoryOf } from './log-directory.js';
import { UsageError } from './usage-error.js';

export interface ArchiveOptions {
  /** A directory instead of what the environment says. */
  readonly archive?: string;
  /** Id of the log, where the archive holds several. */
  readonly log?: string;
}

/** The archive that is named by option or environment. */
export function objectStoreOf({ env }: Invocation, { archive }: ArchiveOptions): ObjectStore {
  const named = archive === undefined ? env : { INTENDANT_ARCHIVE: 'directory', INTENDANT_ARCHIVE_DIR: archive };
  const store = openObjectStore(readArchiveSettings(named));
  if (store === null) throw new UsageError('no archive', 'say --archive <directory>, or set INTENDANT_ARCHIVE');
  return store;
}

/** The log of the data directory beside its owner; null when there is none, or when it is another than `logId`. */
export function localLog(run: Invocation, logId?: string): SqliteLogReader | null {
  try {
    const log = new SqliteLogReader(logDirectoryOf(run.dataDir));
    if (logId === undefined || log.logId === logId) return log;
    log.close();
    return null;
  } catch (error) {
    if (error instanceof NoLog) return null;
    throw error;
  }
}

/** The archive of the log that is named, or of the one of the data directory, or of the only one in the store. */
export async function archiveOf(run: Invocation, options: ArchiveOptions): Promise<LogArchive> {
  const store = objectStoreOf(run, options);
  const ids = await LogArchive.logIds(store);
  const local = localLog(run);
  local?.close();
  if (options.log !== undefined && !ids.includes(options.log)) throw unknownLog(options.log, ids, store.place);
  const wanted = options.log ?? (local !== null && ids.includes(local.logId) ? local.logId : undefined);
  if (wanted !== undefined) return new LogArchive(store, wanted);
  const [only, ...others] = ids;
  if (only === undefined) throw new UsageError(`no log is archived in ${store.place}`);
  if (others.length > 0) throw new UsageError(`several logs are archived: say --log with one of ${ids.join(', ')}`);
  return new LogArchive(store, only);
}

function unknownLog(wanted: string, ids: readonly string[], place: string): UsageError {
  const known = ids.length === 0 ? 'no log is archived there' : `archived there: ${ids.join(', ')}`;
  return new UsageError(`no archive of a log ${wanted} in ${place}`, known);
}
