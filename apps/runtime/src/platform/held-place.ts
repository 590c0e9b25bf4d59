import type { Scheduler } from '@intendant/kernel';

/** What a Runtime tells a process beside it that works for all replicas; see `FollowedCopy`. */
export type PlaceMessage = 'let go' | { readonly holdForMs: number };

const TIMERS: Scheduler = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The place of the one that works for all replicas: given up when its Runtime says so, and when that says nothing for too long. */
export class HeldPlace {
  /** Null until its Runtime named one. */
  #silenceMs: number | null = null;
  #cancel: () => void = () => undefined;

  constructor(
    private readonly letGo: () => void,
    private readonly scheduler: Scheduler = TIMERS,
  ) {}

  /** Messages about anything else are for somebody else. */
  heard(message: unknown): void {
    if (isHold(message)) this.#silenceMs = message.holdForMs;
    else if (message === 'let go') this.letGo();
    else return;
    this.#listen();
  }

  #listen(): void {
    this.#cancel();
    if (this.#silenceMs === null) return;
    this.#cancel = this.scheduler.after(this.#silenceMs, () => {
      this.letGo();
      this.#listen();
    });
  }
}

const isHold = (message: unknown): message is { readonly holdForMs: number } =>
  typeof message === 'object' && message !== null && 'holdForMs' in message;
