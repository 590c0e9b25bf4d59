import type { Clock, Scheduler } from '@intendant/kernel';

/** Looks within the time that a copy may be behind. */
const LOOKS_PER_BOUND = 5;

export interface CopyLagPorts {
  /** Resolves when everything can be read here that was acknowledged, by whichever replica, before the call. */
  readonly catchUp: () => Promise<void>;
  /** One that nobody sets. */
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** How long what others had acknowledged may stay unread here. */
  readonly boundMs: number;
}

/** Knows how far the copy of a shared log is behind: since when nobody can say that it holds everything. */
export class CopyLag {
  /** Everything acknowledged before this instant can be read here; null before the first time. */
  #wholeUntilMs: number | null = null;
  #cancelNext: () => void = () => undefined;
  #stopped = false;

  constructor(private readonly ports: CopyLagPorts) {}

  /** Looks from now on; resolves after the first look, whatever came of it. */
  async start(): Promise<void> {
    const { catchUp, clock, scheduler, boundMs } = this.ports;
    const sinceMs = clock.nowMs();
    // why the log cannot be read, the log itself says
    await catchUp().then(
      () => {
        this.#wholeUntilMs = sinceMs;
      },
      () => undefined,
    );
    if (!this.#stopped) this.#cancelNext = scheduler.after(boundMs / LOOKS_PER_BOUND, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelNext();
  }

  /** Why this replica must not be sent work, nor given partitions, or null. */
  unready(): string | null {
    if (this.#wholeUntilMs === null) return 'the log has not been read to its end yet';
    const behindMs = this.ports.clock.nowMs() - this.#wholeUntilMs;
    return behindMs > this.ports.boundMs ? `the copy of the log may be ${Math.round(behindMs)} ms behind` : null;
  }
}
