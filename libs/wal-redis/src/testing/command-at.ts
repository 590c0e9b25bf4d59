import { Redis } from 'ioredis';
import { disconnect } from '../server/connect.js';

/** One command on a connection of its own; rejects when there is no server or it refuses. */
export async function commandAt(url: string, name: string, args: readonly (string | number)[]): Promise<unknown> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: null,
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(name, ...args);
  } finally {
    disconnect(client);
  }
}
