import type { Clock, Scheduler } from '@intendant/kernel';

/** The clock of the machine: it may be set, and jump. */
export const systemClock: Clock = { nowMs: () => Date.now() };

/** The longest that Node's own timers wait: what is asked to wait longer would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemScheduler: Scheduler = {
  after(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const nextMs = Math.min(leftMs, TIMER_MS_MAX);
      timer = setTimeout(() => (leftMs > nextMs ? wait(leftMs - nextMs) : callback()), nextMs);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
