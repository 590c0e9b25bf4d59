import { type Failure, FailureError, failure, type Replica } from '@intendant/intent-model';
import type { Clock, Scheduler } from '@intendant/kernel';
import type { Ownership } from '../ownership/ownership.js';

/** How long a request waits for a partition that is on its way from one replica to another. */
export const MOVING_MS_MAX = 8_000;
const UNTOLD_MS_MAX = 1_000;
const LOOK_AGAIN_MS = 15;

interface HolderWanted {
  readonly not?: Replica | undefined;
  /** Since when the request has been waiting. */
  readonly sinceMs?: number;
  /** Why there is no use in waiting, or null. */
  readonly refusal?: () => Failure | null;
}

/** Who holds a partition right now, as requests need to know it. */
export class Holders {
  #ownership: Ownership | null = null;
  /** Partitions that cannot be taken here any more, and what was found. */
  readonly #halted = new Map<number, string>();
  readonly #onGone = new Map<number, Set<() => void>>();

  constructor(
    private readonly replicaId: string,
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
  ) {}

  /** Asked from now on; before that nothing is here. */
  heed(ownership: Ownership): void {
    this.#ownership = ownership;
  }

  /** The copy of a partition here, or its log, does not verify, or no work can be taken up from it: not while this process lives. */
  halted(partition: number, finding: string): void {
    this.#halted.set(partition, finding);
  }

  /** Calls back when the partition is given up here, or lost; returns the function that forgets the callback. */
  onGone(partition: number, callback: () => void): () => void {
    const callbacks = this.#onGone.get(partition) ?? new Set();
    this.#onGone.set(partition, callbacks.add(callback));
    return () => callbacks.delete(callback);
  }

  /** The partition is not here any more. */
  gone(partition: number): void {
    for (const callback of Array.from(this.#onGone.get(partition) ?? [])) callback();
  }

  /** Partitions that cannot be taken here, and what was found. */
  get haltedHere(): ReadonlyMap<number, string> {
    return this.#halted;
  }

  /** Whether another replica is ready to serve what cannot be taken here. */
  get othersReady(): boolean {
    return this.#ownership?.othersReady() === true;
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
   * `partition_unavailable` when that takes too long, `log_corrupt` when this one is to hold it, or nobody is, and it cannot, and
   * what `refusal` says as soon as it says something. `not` is one that was tried and could not be reached.
   */
  async holderOf(
    partition: number,
    { not, sinceMs = this.clock.nowMs(), refusal }: HolderWanted = {},
  ): Promise<Replica | 'self'> {
    for (;;) {
      const refused = refusal?.() ?? null;
      if (refused !== null) throw new FailureError(refused);
      if (this.isHere(partition)) return 'self';
      const other = this.#otherHolder(partition, not);
      if (other !== null) return other;
      const isUntold = (this.#ownership?.ownerOf(partition) ?? null) === null;
      // who is not part of it waits for nobody in particular
      const waitMs = isUntold && this.#isOutside ? UNTOLD_MS_MAX : MOVING_MS_MAX;
      const isOver = this.clock.nowMs() - sinceMs > waitMs;
      const finding = this.#halted.get(partition);
      // as long as nobody is named, another replica may be
      if (finding !== undefined && (isOver || !isUntold)) throw new FailureError(failure('log_corrupt', finding));
      if (isOver) throw new FailureError(unavailable(partition));
      await this.lookAgain();
    }
  }

  /** Resolves when it is worth to look again who holds a partition. */
  lookAgain(): Promise<void> {
    return new Promise((resolve) => void this.scheduler.after(LOOK_AGAIN_MS, resolve));
  }
}

const unavailable = (partition: number) =>
  failure('partition_unavailable', `no replica holds partition ${partition} at the moment`, { retryAfterMs: 1_000 });
