// The floor's log in Redis: one pipeline of XADD for a group, on the settings that the Runtime's log has (a sync before each answer).
import { createRequire } from 'node:module';

// the client library belongs to the log's own package
const { Redis } = createRequire(new URL('../../../libs/wal-redis/package.json', import.meta.url))('ioredis');

/** Opens the log; the function returned resolves when a group of bodies is synced. */
export async function open({ url }) {
  const redis = new Redis(url, { retryStrategy: null });
  redis.on('error', (error) => {
    throw error;
  });
  return async (bodies) => {
    const pipeline = redis.pipeline();
    for (const body of bodies) pipeline.xadd('floor', '*', 'f', body);
    for (const [error] of await pipeline.exec()) if (error !== null) throw error;
  };
}
