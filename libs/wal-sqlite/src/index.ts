export { DirectoryInUse } from './lock.js';
export { NoLog } from './read-only-log.js';
export { SqliteLogReader } from './sqlite-log-reader.js';
export { SqliteStore } from './sqlite-store.js';
export { LOG_FILE, SqliteWal, type SqliteWalOptions } from './sqlite-wal.js';
export { type LogFinding, type LogReport, type VerifyOptions, verifyLog } from './verify-log.js';
