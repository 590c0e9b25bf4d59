import type { OwnershipAnswer, OwnershipRenewal } from '@intendant/intent-model';

/** The epochs that a log would give out. */
export class Epochs {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** A replica that does at once what Curator suggests. */
export class ObedientReplica {
  readonly holds = new Map<number, number>();
  readonly #released = new Set<number>();
  ready = true;
  draining = false;
  /** What it cannot take, and does not hold however often it is named for it. */
  unable: readonly number[] = [];

  constructor(
    readonly replicaId: string,
    private readonly epochs: Epochs,
    readonly linkUrl = `https://${replicaId}.example:7402`,
  ) {}

  renewal(partitionCount: number): OwnershipRenewal {
    const { replicaId, linkUrl, ready, draining, unable } = this;
    const owned = [...this.holds].map(([partition, epoch]) => ({ partition, epoch }));
    const released = [...this.#released];
    return { replicaId, linkUrl, partitionCount, nowMs: 0, owned, released, ready, draining, unable: [...unable] };
  }

  obey({ partitions }: OwnershipAnswer): void {
    this.#released.clear();
    for (const { partition, owner, next } of partitions) {
      const mine = owner === this.replicaId;
      const handsOver = mine && next !== null && next !== this.replicaId;
      if (!mine || handsOver) this.holds.delete(partition);
      if (handsOver) this.#released.add(partition);
      else if (mine && !this.holds.has(partition) && !this.unable.includes(partition))
        this.holds.set(partition, this.epochs.next());
    }
  }
}
