import { randomUUID } from 'node:crypto';
import type { Clock, Scheduler } from '@intendant/kernel';

/** What the client takes from its surroundings; tests put their own here. */
export interface ClientPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Uniform in [0, 1): the jitter of waits. */
  readonly randomFraction: () => number;
  /** A fresh idempotency key. */
  readonly newKey: () => string;
}

/** Longest delay of one timer; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemPorts: ClientPorts = {
  clock: { nowMs: () => performance.timeOrigin + performance.now() },
  scheduler: {
    after(delayMs, callback) {
      let timer: NodeJS.Timeout;
      const wait = (restMs: number): void => {
        const partMs = Math.min(restMs, TIMER_MS_MAX);
        timer = setTimeout(() => (restMs > partMs ? wait(restMs - partMs) : callback()), partMs);
      };
      wait(delayMs);
      return () => clearTimeout(timer);
    },
  },
  randomFraction: Math.random,
  newKey: randomUUID,
};

/** Resolves after `delayMs`, or at once when the signal aborts. */
export function pause(scheduler: Scheduler, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const over = (): void => {
      cancel();
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const cancel = scheduler.after(delayMs, over);
    signal?.addEventListener('abort', over);
  });
}
