export { DirectoryInUse } from './lock.js';
export { NoLog } from './read-only-log.js';
export { SqliteStore } from './sqlite-store.js';
export { LOG_FILE, SqliteWal, type SqliteWalOptions } from './sqlite-wal.js';
export { type LogFinding, type LogReport, verifyLog, type VerifyOptions } from './verify-log.js';
