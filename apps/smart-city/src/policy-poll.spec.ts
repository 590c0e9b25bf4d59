import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { recordingLogger } from '../test/recording-logger.js';
import { PolicyPoll } from './policies/policy-poll.js';
import type { TenantPolicies } from './policies/tenant-policies.js';

describe('policy poll', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('waits for a slow look before the next, and for the last one when it stops', async () => {
    let looks = 0;
    let finish: () => void = () => undefined;
    const refresh = (): Promise<void> => {
      looks += 1;
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    const poll = new PolicyPoll({ refresh } as unknown as TenantPolicies, 2_000, recordingLogger().logger);
    poll.start();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(looks).toBe(1);
    finish();
    await jest.advanceTimersByTimeAsync(2_000);
    expect(looks).toBe(2);
    const stopped = poll.stop();
    finish();
    await stopped;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('says once that the store is away, and once that it is back', async () => {
    let isAway = true;
    const refresh = async (): Promise<void> => {
      if (isAway) throw new Error('connection refused');
    };
    const { logger, lines } = recordingLogger();
    const poll = new PolicyPoll({ refresh } as unknown as TenantPolicies, 2_000, logger);
    poll.start();
    await jest.advanceTimersByTimeAsync(6_500);
    isAway = false;
    await jest.advanceTimersByTimeAsync(6_500);
    expect(lines.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'warn: policy store cannot be read',
      'info: policy store can be read again',
    ]);
    await poll.stop();
  });
});
