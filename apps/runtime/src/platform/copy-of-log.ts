import type { Scheduler } from '@intendant/kernel';

/** Of a log that several replicas share. */
export interface CopyOfLog {
  /** Whether it does not follow any more, or not far enough. */
  readonly isStale: () => boolean;
  /** How long it may be so before another replica is to do what one does for all. */
  readonly boundMs: number;
}

/** A process beside this one that works for all replicas from the copy of the log here. */
export interface WorkForAll {
  /** Another replica is to do it, if one can. */
  letGo(): void;
  /** It may go on for so long without hearing anything more. */
  holdFor(ms: number): void;
}

/** Longer than it takes until the next word. */
const WORDS_MISSED_MAX = 2;

/**
 * One replica projects for all, and one publishes. Where the copy of the log is stale it would keep the others from ever
 * getting on: it lets another one have its place, again and again, for that one's copy may be stale as well, and then this one
 * knows more than nobody. A Runtime that stands still says nothing at all, and so loses the place, too.
 */
export class FollowedCopy {
  #cancelNext: () => void = () => undefined;

  constructor(
    private readonly copy: CopyOfLog,
    private readonly work: WorkForAll,
    private readonly scheduler: Scheduler,
  ) {}

  /** At first the copy may still be read. */
  start(): void {
    this.#hold();
    this.#listen();
  }

  stop(): void {
    this.#cancelNext();
  }

  #listen(): void {
    const { copy, work, scheduler } = this;
    this.#cancelNext = scheduler.after(copy.boundMs, () => {
      if (copy.isStale()) work.letGo();
      else this.#hold();
      this.#listen();
    });
  }

  #hold(): void {
    this.work.holdFor(WORDS_MISSED_MAX * this.copy.boundMs);
  }
}
