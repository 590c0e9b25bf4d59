import type { Clock, Scheduler } from '@intendant/kernel';
import TinyQueue from 'tinyqueue';

/**
 * Longest time between two looks at the clock while a timer is set. Clocks jump and Node's timers do not notice: whatever
 * the clock says, a timer fires at most this long after the instant it is due.
 */
const LOOK_AGAIN_MS = 100;

interface Armed {
  readonly dueMs: number;
  readonly name: string;
}

const byInstant = (one: Armed, other: Armed): number => one.dueMs - other.dueMs;

/** Durable timers in memory: the log holds them, this wakes them. Each fires once unless forgotten. */
export class Timers {
  #queue = new TinyQueue<Armed>([], byInstant);
  #names = new Set<string>();
  #cancelLook: (() => void) | null = null;
  #lookMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
    /** Told of every timer that is due, and when it was. */
    private readonly onDue: (name: string, dueMs: number) => void,
    private readonly lookAgainMs: number = LOOK_AGAIN_MS,
  ) {}

  /** Arms a timer under `name` unless it is armed already. */
  arm(name: string, dueAt: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#queue.push({ dueMs: Date.parse(dueAt), name });
    this.#lookAgain();
  }

  /** Disarms the timers that this says. */
  forget(which: (name: string) => boolean): void {
    const kept = this.#queue.data.filter(({ name }) => !which(name));
    this.#queue = new TinyQueue(kept, byInstant);
    this.#names = new Set(kept.map(({ name }) => name));
  }

  get count(): number {
    return this.#names.size;
  }

  stop(): void {
    this.#cancelLook?.();
    this.#cancelLook = null;
    this.forget(() => true);
  }

  #lookAgain(): void {
    const next = this.#queue.peek();
    if (next === undefined) return;
    const nowMs = this.clock.nowMs();
    const atMs = Math.min(Math.max(next.dueMs, nowMs), nowMs + this.lookAgainMs);
    if (this.#cancelLook !== null && this.#lookMs <= atMs && this.#lookMs >= nowMs) return;
    this.#cancelLook?.();
    this.#lookMs = atMs;
    this.#cancelLook = this.scheduler.after(atMs - nowMs, () => this.#look());
  }

  #look(): void {
    this.#cancelLook = null;
    const nowMs = this.clock.nowMs();
    for (let next = this.#queue.peek(); next !== undefined && next.dueMs <= nowMs; next = this.#queue.peek()) {
      this.#queue.pop();
      this.#names.delete(next.name);
      this.onDue(next.name, next.dueMs);
    }
    this.#lookAgain();
  }
}
