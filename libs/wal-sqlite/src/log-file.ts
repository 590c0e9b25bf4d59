import { join } from 'node:path';

export const LOG_FILE = 'log.db';

/** Where a Runtime has its log below its data directory. */
export const logDirectoryIn = (dataDirectory: string): string => join(dataDirectory, 'log');
