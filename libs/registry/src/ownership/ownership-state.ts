import type { OwnershipAnswer, ReplicaStart } from '@intendant/intent-model';

/** A replica that was heard within a lease. */
export interface Member {
  readonly replicaId: string;
  readonly linkUrl: string;
  readonly start: ReplicaStart | undefined;
  readonly renewedAtMs: number;
  readonly ready: boolean;
  /** Since when it has not been ready without a break; null when it is. */
  readonly unreadySinceMs: number | null;
  readonly draining: boolean;
  /** Partitions that it said it cannot take. */
  readonly unable: ReadonlySet<number>;
  /** What it said it holds: partition to epoch. */
  readonly epochs: ReadonlyMap<number, number>;
}

/** That a partition should go from its owner to another. */
export interface Wish {
  readonly to: string;
  /** Whether the other has been told: only then is the owner, so that somebody waits for what it gives up. */
  readonly told: boolean;
}

/** Who should own what. All instants are of one clock that never goes back, in milliseconds. */
export interface OwnershipState {
  readonly leaseMs: number;
  readonly revision: number;
  /** Until then nothing is given to anybody: owners that were not heard yet may exist. */
  readonly settlesAtMs: number;
  readonly members: ReadonlyMap<string, Member>;
  /** By partition; as long as the log has partitions, empty when nobody was heard. */
  readonly owners: readonly (string | null)[];
  /** By partition; null where nothing is to move. */
  readonly wishes: readonly (Wish | null)[];
}

/** Nobody is known. */
export const initialOwnership = (leaseMs: number): OwnershipState => ({
  leaseMs,
  revision: 0,
  settlesAtMs: Number.POSITIVE_INFINITY,
  members: new Map(),
  owners: [],
  wishes: [],
});

/** What a replica is told. */
export function answerFor(state: OwnershipState, replicaId: string, curatorNowMs: number): OwnershipAnswer {
  return {
    curatorNowMs,
    leaseMs: state.leaseMs,
    revision: state.revision,
    replicas: replicasOf(state),
    partitions: state.owners.map((owner, partition) => {
      const wish = state.wishes[partition] ?? null;
      return { partition, owner, next: wish !== null && (wish.told || wish.to === replicaId) ? wish.to : null };
    }),
  };
}

/** Replicas in order of their ids. */
export const replicasOf = (state: Pick<OwnershipState, 'members'>): OwnershipAnswer['replicas'] =>
  [...state.members.values()]
    .map(({ replicaId, linkUrl, ready, draining }) => ({ replicaId, linkUrl, ready: ready && !draining }))
    .sort((a, b) => (a.replicaId < b.replicaId ? -1 : 1));
