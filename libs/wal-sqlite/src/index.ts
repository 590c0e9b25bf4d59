export { JournalReads } from './journal-reads.js';
export { DirectoryInUse, lockDirectory } from './lock.js';
export { LOG_FILE, logDirectoryIn } from './log-file.js';
export { LogUnreadable, NoLog } from './read-only-log.js';
export { isConflict, type JournalOptions, type JournalWrite, SqliteJournal } from './sqlite-journal.js';
export { SqliteLogReader } from './sqlite-log-reader.js';
export { SqliteStore } from './sqlite-store.js';
export { SqliteWal, type SqliteWalOptions } from './sqlite-wal.js';
export { type LogFinding, type LogReport, type VerifyOptions, verifyLog } from './verify-log.js';
