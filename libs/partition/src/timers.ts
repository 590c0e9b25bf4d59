import type { Clock, Scheduler } from '@intendant/kernel';

/** Longest single wait of the platform's timers (Node's setTimeout overflows at 2^31 ms); longer ones are re-armed. */
const WAIT_MS_MAX = 24 * 3_600_000;

/** Durable timers in memory: the log holds them, this wakes them. Each fires once unless cancelled. */
export class Timers {
  readonly #armed = new Map<string, () => void>();

  constructor(
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
  ) {}

  /** Arms a timer under `name` unless it is armed already. */
  arm(name: string, dueAt: string, fire: () => void): void {
    if (this.#armed.has(name)) return;
    this.#wait(name, Date.parse(dueAt), fire);
  }

  get count(): number {
    return this.#armed.size;
  }

  stop(): void {
    for (const cancel of this.#armed.values()) cancel();
    this.#armed.clear();
  }

  #wait(name: string, dueMs: number, fire: () => void): void {
    const leftMs = Math.max(0, dueMs - this.clock.nowMs());
    const cancel = this.scheduler.after(Math.min(leftMs, WAIT_MS_MAX), () => {
      if (leftMs > WAIT_MS_MAX) return this.#wait(name, dueMs, fire);
      this.#armed.delete(name);
      fire();
    });
    this.#armed.set(name, cancel);
  }
}
