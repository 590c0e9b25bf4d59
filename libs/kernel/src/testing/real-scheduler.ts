import type { Scheduler } from '../ports.js';

/** Time as it passes, for tests of what waits for other processes. */
export const realScheduler: Scheduler = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
