import type { Clock, Scheduler } from '@intendant/kernel';

/** The clock of the machine: it may be set, and jump. */
export const systemClock: Clock = { nowMs: () => Date.now() };

export const systemScheduler: Scheduler = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
