import { describe } from '@jest/globals';
import { redisInstalled } from './server-process.js';

/**
 * A suite that needs a real Redis. Without one it is skipped on a developer's machine and fails where `CI` is set;
 * `npm run services -- up redis` installs it there.
 */
export const describeWithRedis: (name: string, suite: () => void) => void =
  redisInstalled() || process.env['CI'] ? describe : describe.skip;
