import type { Scheduler } from '@intendant/kernel';

/** Of a log that several replicas share. */
export interface CopyOfLog {
  /** Whether it does not follow any more, or not far enough. */
  readonly isStale: () => boolean;
  /** How long it may be so before another replica is to project. */
  readonly boundMs: number;
}

/**
 * One projector works for all replicas. Where the copy of the log is stale it would keep lists from ever getting on: it lets
 * another one have its place, again and again, for that one's copy may be stale as well, and then this one knows more than nobody.
 */
export class StaleCopy {
  #cancelNext: () => void = () => undefined;

  constructor(
    private readonly copy: CopyOfLog,
    private readonly letGo: () => void,
    private readonly scheduler: Scheduler,
  ) {}

  start(): void {
    this.#cancelNext = this.scheduler.after(this.copy.boundMs, () => {
      if (this.copy.isStale()) this.letGo();
      this.start();
    });
  }

  stop(): void {
    this.#cancelNext();
  }
}
