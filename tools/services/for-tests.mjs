// The servers that tests start for themselves: there, or left out and said so. Under CI nothing may be left out.
import { kafka } from './kafka.mjs';
import { redis } from './redis.mjs';
import { s3 } from './s3.mjs';

const NAMES = { redis: 'Redis', kafka: 'Kafka', s3: 'a server with the S3 API' };

/** Installs what is missing where that is allowed, and gives one line for each server that tests have to do without. */
export async function leftOutServers() {
  const leftOut = [];
  for (const [name, service] of Object.entries({ redis, kafka, s3 })) {
    if (await service.isInstalled()) continue;
    try {
      await service.install();
    } catch (error) {
      if (process.env.CI) throw error;
      leftOut.push(`left out: every test that starts ${NAMES[name]} (${error.message})`);
    }
  }
  return leftOut;
}
