import type { Clock, Scheduler } from '@intendant/kernel';
import { TimerHeap } from './timer-heap.js';

/**
 * Longest time between two looks at the clock while a timer is set. Clocks jump and Node's timers do not notice: whatever
 * the clock says, a timer fires at most this long after the instant it is due.
 */
const LOOK_AGAIN_MS = 100;

/** Durable timers in memory: the log holds them, this wakes them. Each fires once unless forgotten. */
export class Timers {
  #heap = new TimerHeap();
  /** Timers that are armed, by their executions; nearly always one. */
  readonly #armed = new Map<string, string | readonly string[]>();
  #cancelLook: (() => void) | null = null;
  #lookMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
    /** Told of every timer that is due, and when it was. */
    private readonly onDue: (executionId: string, timerId: string, dueMs: number) => void,
    private readonly lookAgainMs: number = LOOK_AGAIN_MS,
  ) {}

  /** Arms a timer of an execution unless it is armed already. */
  arm(executionId: string, timerId: string, dueAt: string): void {
    const armed = this.#armedOf(executionId);
    if (armed.includes(timerId)) return;
    this.#armed.set(executionId, armed.length === 0 ? timerId : [...armed, timerId]);
    this.#heap.push({ dueMs: Date.parse(dueAt), executionId, timerId });
    this.#lookAgain();
  }

  /** Disarms the timers of the executions that this says. */
  forget(which: (executionId: string) => boolean): void {
    const kept = [...this.#heap].filter(({ executionId }) => !which(executionId));
    for (const executionId of this.#armed.keys()) if (which(executionId)) this.#armed.delete(executionId);
    this.#heap = new TimerHeap();
    for (const timer of kept) this.#heap.push(timer);
  }

  get count(): number {
    return this.#heap.size;
  }

  stop(): void {
    this.#cancelLook?.();
    this.#cancelLook = null;
    this.forget(() => true);
  }

  #armedOf(executionId: string): readonly string[] {
    const armed = this.#armed.get(executionId);
    return typeof armed === 'string' ? [armed] : (armed ?? []);
  }

  #disarm(executionId: string, timerId: string): void {
    const left = this.#armedOf(executionId).filter((one) => one !== timerId);
    if (left.length === 0) this.#armed.delete(executionId);
    else this.#armed.set(executionId, left);
  }

  #lookAgain(): void {
    const nextMs = this.#heap.nextMs;
    if (nextMs === undefined) return;
    const nowMs = this.clock.nowMs();
    const atMs = Math.min(Math.max(nextMs, nowMs), nowMs + this.lookAgainMs);
    if (this.#cancelLook !== null && this.#lookMs <= atMs && this.#lookMs >= nowMs) return;
    this.#cancelLook?.();
    this.#lookMs = atMs;
    this.#cancelLook = this.scheduler.after(atMs - nowMs, () => this.#look());
  }

  #look(): void {
    this.#cancelLook = null;
    const nowMs = this.clock.nowMs();
    while ((this.#heap.nextMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const timer = this.#heap.pop();
      if (timer === undefined) break;
      this.#disarm(timer.executionId, timer.timerId);
      this.onDue(timer.executionId, timer.timerId, timer.dueMs);
    }
    this.#lookAgain();
  }
}
