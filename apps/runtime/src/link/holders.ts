import { FailureError, failure, type Replica } from '@intendant/intent-model';
import type { Clock, Scheduler } from '@intendant/kernel';
import type { Ownership } from '../ownership/ownership.js';

/** How long a request waits for a partition that is on its way from one replica to another. */
const MOVING_MS_MAX = 8_000;
const UNTOLD_MS_MAX = 1_000;
const LOOK_AGAIN_MS = 15;

/** Who holds a partition right now, as requests need to know it. */
export class Holders {
  #ownership: Ownership | null = null;
  /** Partitions that cannot be taken here any more, and what was found. */
  readonly #halted = new Map<number, string>();

  constructor(
    private readonly replicaId: string,
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
  ) {}

  /** Asked from now on; before that nothing is here. */
  heed(ownership: Ownership): void {
    this.#ownership = ownership;
  }

  /** The copy of a partition here, or its log, does not verify: as long as this process lives, it cannot be taken here. */
  halted(partition: number, finding: string): void {
    this.#halted.set(partition, finding);
  }

  /** Whether this replica or another one is known to hold any partition. */
  anyKnown(partitionCount: number): boolean {
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
    return partitions.some((partition) => this.isHere(partition) || this.#otherHolder(partition) !== null);
  }

  get #isOutside(): boolean {
    return this.#ownership === null || this.#ownership.unready() !== null;
  }

  isHere(partition: number): boolean {
    return this.#ownership?.mine(partition) === true;
  }

  /** Whether somebody else can be asked for the partition than this replica, which held it. */
  hasMoved(partition: number, from: Replica): boolean {
    return this.isHere(partition) || this.#otherHolder(partition, from) !== null;
  }

  #otherHolder(partition: number, not?: Replica): Replica | null {
    const owner = this.#ownership?.ownerOf(partition) ?? null;
    return owner?.replicaId === this.replicaId || owner?.linkUrl === not?.linkUrl ? null : owner;
  }

  /**
   * The replica that holds the partition. Waits while nobody does, or while it is being taken here; throws
   * `partition_unavailable` when that takes too long, `log_corrupt` at once when only this one could hold it and cannot. `not` is one that was tried and could not be reached.
   */
  async holderOf(partition: number, not?: Replica, sinceMs = this.clock.nowMs()): Promise<Replica | 'self'> {
    for (;;) {
      if (this.isHere(partition)) return 'self';
      const other = this.#otherHolder(partition, not);
      if (other !== null) return other;
      const finding = this.#halted.get(partition);
      if (finding !== undefined) throw new FailureError(failure('log_corrupt', finding));
      const isUntold = (this.#ownership?.ownerOf(partition) ?? null) === null;
      // who is not part of it waits for nobody in particular
      const waitMs = isUntold && this.#isOutside ? UNTOLD_MS_MAX : MOVING_MS_MAX;
      if (this.clock.nowMs() - sinceMs > waitMs) throw new FailureError(unavailable(partition));
      await new Promise<void>((resolve) => void this.scheduler.after(LOOK_AGAIN_MS, resolve));
    }
  }
}

const unavailable = (partition: number) =>
  failure('partition_unavailable', `no replica holds partition ${partition} at the moment`, { retryAfterMs: 1_000 });
