import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemPorts } from './ports.js';

const DAY_MS = 86_400_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the scheduler of the system', () => {
  const isOver = jest.fn<() => void>();
  beforeEach(() => {
    isOver.mockReset();
  });

  it.each([1, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 100 * DAY_MS])('waits for %i ms, not less', (delayMs) => {
    systemPorts.scheduler.after(delayMs, isOver);
    jest.advanceTimersByTime(delayMs - 1);
    expect(isOver).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(isOver).toHaveBeenCalledTimes(1);
  });

  it('waits for ever, until it is cancelled', () => {
    const cancel = systemPorts.scheduler.after(Number.POSITIVE_INFINITY, isOver);
    jest.advanceTimersByTime(1_000 * DAY_MS);
    expect([isOver.mock.calls.length, jest.getTimerCount()]).toEqual([0, 1]);
    cancel();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('cancels a wait whose first timer is over', () => {
    const cancel = systemPorts.scheduler.after(30 * DAY_MS, isOver);
    jest.advanceTimersByTime(28 * DAY_MS);
    cancel();
    jest.advanceTimersByTime(10 * DAY_MS);
    expect(isOver).not.toHaveBeenCalled();
  });
});
