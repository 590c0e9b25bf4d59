export const LOG_FILE = 'log.db';
