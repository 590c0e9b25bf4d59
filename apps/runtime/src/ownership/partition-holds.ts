import type { OwnedPartition } from '@intendant/intent-model';
import { type Clock, type Scheduler, Turnstile } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';

const GAINS_AT_ONCE_MAX = 4;
const GAIN_RETRY_MS = { initial: 250, max: 10_000 };
/** A partition that was kept for so long was not lost in a quarrel. */
const LOSS_FORGOTTEN_MS = 60_000;

/** `hold`: to be taken; `keep`: not to be taken, but kept if held; `yield`: to be handed over; `other`: not ours at all. */
export type Standing = 'hold' | 'keep' | 'yield' | 'other';

export interface PartitionPorts {
  /** Takes a partition: claims it in the log, and resolves with the epoch when it is ready for work. */
  gain(partition: number): Promise<number>;
  /** Brings the work on a partition to an end and lets go of it. */
  release(partition: number): Promise<void>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

interface Hold {
  phase: 'idle' | 'gaining' | 'held' | 'releasing';
  epoch: number;
  /** Somebody else claimed it while it was being taken. */
  fenced: boolean;
  failures: number;
  /** How often it was taken away after it had been taken away lately. */
  losses: number;
  lostAtMs: number;
  /** Why it could not be taken, as was told of last. */
  told: string | null;
  cancelRetry: (() => void) | null;
}

/**
 * Brings what this process holds in line with how it stands with each partition, one thing at a time per partition. A gain
 * that fails is tried again, later and later, as long as the partition is to be held; every reason is told of once. What is
 * taken away is taken again at once, what is taken away again and again later and later: whoever does that may never stop.
 */
export class PartitionHolds {
  readonly #holds: Hold[];
  readonly #released = new Set<number>();
  readonly #turns = new Turnstile(GAINS_AT_ONCE_MAX);
  #stopped = false;

  constructor(
    partitionCount: number,
    private readonly ports: PartitionPorts,
    private readonly standing: (partition: number) => Standing,
    /** A gain or a release came to its end. */
    private readonly onChange: () => void,
  ) {
    this.#holds = Array.from({ length: partitionCount }, idleHold);
  }

  held(partition: number): boolean {
    return this.#holds[partition]?.phase === 'held';
  }

  /** What is claimed, also while it is being given up. */
  get owned(): OwnedPartition[] {
    return this.#holds.flatMap(({ phase, epoch }, partition) =>
      phase === 'held' || phase === 'releasing' ? [{ partition, epoch }] : [],
    );
  }

  /** What was given up and not yet told. */
  get released(): number[] {
    return [...this.#released];
  }

  /** Nothing is held or changing. */
  get empty(): boolean {
    return this.#holds.every(({ phase }) => phase === 'idle');
  }

  /** Curator knows that these were given up. */
  told(partitions: readonly number[]): void {
    for (const partition of partitions) this.#released.delete(partition);
  }

  followAll(): void {
    for (const partition of this.#holds.keys()) this.#follow(partition);
  }

  lost(partition: number): void {
    const hold = this.#holds[partition];
    if (hold === undefined) return;
    hold.fenced = true;
    if (hold.phase === 'held') hold.phase = 'idle';
    const nowMs = this.ports.clock.nowMs();
    hold.losses = nowMs - hold.lostAtMs > LOSS_FORGOTTEN_MS ? 0 : hold.losses + 1;
    hold.lostAtMs = nowMs;
    if (hold.losses > 0) this.#followLater(partition, hold, waitMsAfter(hold.losses - 1));
  }

  stop(): void {
    this.#stopped = true;
    for (const hold of this.#holds) forgetRetry(hold);
  }

  #follow(partition: number): void {
    const hold = this.#holds[partition];
    if (hold === undefined || this.#stopped) return;
    const standing = this.standing(partition);
    if (standing === 'yield' || standing === 'other') forgetRetry(hold);
    if (hold.phase === 'held' && (standing === 'yield' || standing === 'other')) void this.#release(partition, hold);
    if (hold.phase !== 'idle') return;
    // It was given up before anybody knew it was to be; what is given up is told before it can be taken again.
    if (standing === 'yield') this.#released.add(partition);
    else if (standing === 'hold' && hold.cancelRetry === null && !this.#released.has(partition))
      void this.#gain(partition, hold);
  }

  async #gain(partition: number, hold: Hold): Promise<void> {
    hold.phase = 'gaining';
    try {
      const epoch = await this.#turns.run(() => this.#claim(partition, hold));
      if (epoch !== null && hold.fenced) await this.#letGo(partition);
      if (epoch === null || hold.fenced) hold.phase = 'idle';
      else Object.assign(hold, { phase: 'held', epoch, failures: 0, told: null });
    } catch (error) {
      hold.phase = 'idle';
      this.#retryLater(partition, hold, error);
    }
    this.#changed(partition);
  }

  /** Null when it is not to be held any more by the time its turn has come. */
  async #claim(partition: number, hold: Hold): Promise<number | null> {
    if (this.#stopped || this.standing(partition) !== 'hold') return null;
    hold.fenced = false;
    return this.ports.gain(partition);
  }

  async #release(partition: number, hold: Hold): Promise<void> {
    hold.phase = 'releasing';
    await this.#letGo(partition);
    hold.phase = 'idle';
    this.#released.add(partition);
    this.#changed(partition);
  }

  async #letGo(partition: number): Promise<void> {
    try {
      await this.ports.release(partition);
    } catch (error) {
      // Whoever is next fences what is left of it.
      this.ports.logger.error({ err: error, partition }, 'partition was not given up in order');
    }
  }

  #retryLater(partition: number, hold: Hold, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== hold.told)
      this.ports.logger.error({ partition, reason }, 'partition could not be taken, trying until it can');
    hold.told = reason;
    this.#followLater(partition, hold, waitMsAfter(hold.failures));
    hold.failures += 1;
  }

  #followLater(partition: number, hold: Hold, waitMs: number): void {
    hold.cancelRetry?.();
    if (this.#stopped) return;
    hold.cancelRetry = this.ports.scheduler.after(waitMs, () => {
      hold.cancelRetry = null;
      this.#follow(partition);
    });
  }

  #changed(partition: number): void {
    if (this.#stopped) return;
    this.onChange();
    this.#follow(partition);
  }
}

const idleHold = (): Hold => ({
  phase: 'idle',
  epoch: 0,
  fenced: false,
  failures: 0,
  losses: 0,
  lostAtMs: Number.NEGATIVE_INFINITY,
  told: null,
  cancelRetry: null,
});

/** After a failure or loss that so many went before. */
const waitMsAfter = (count: number): number => Math.min(GAIN_RETRY_MS.initial * 2 ** count, GAIN_RETRY_MS.max);

function forgetRetry(hold: Hold): void {
  hold.cancelRetry?.();
  hold.cancelRetry = null;
  hold.failures = 0;
}
