import { randomBytes } from 'node:crypto';

/** A name that no other test uses. */
export const scratchTopic = (): string => `intendant-test-${randomBytes(6).toString('hex')}`;
