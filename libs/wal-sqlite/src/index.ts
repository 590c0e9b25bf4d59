export { DirectoryInUse } from './lock.js';
export { SqliteStore } from './sqlite-store.js';
export { LOG_FILE, SqliteWal, type SqliteWalOptions } from './sqlite-wal.js';
