import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemScheduler } from './system.js';

const DAY_MS = 24 * 3_600_000;

describe('the scheduler of the system', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('waits for months, although the timers of Node do not', () => {
    const fired = jest.fn();
    systemScheduler.after(60 * DAY_MS, fired);
    jest.advanceTimersByTime(60 * DAY_MS - 1);
    expect(fired).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is called off however far it has come', () => {
    const fired = jest.fn();
    const cancel = systemScheduler.after(60 * DAY_MS, fired);
    jest.advanceTimersByTime(40 * DAY_MS);
    cancel();
    jest.advanceTimersByTime(40 * DAY_MS);
    expect(fired).not.toHaveBeenCalled();
  });
});
