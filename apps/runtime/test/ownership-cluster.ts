import type { OwnershipAnswer, OwnershipRenewal } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import { createLogger } from '@intendant/nest-kit';
import { answerFor, initialOwnership, type OwnershipState, ownershipRefusal, planOwnership } from '@intendant/registry';
import { OwnershipWatch } from '../src/ownership/ownership-watch.js';

export const LEASE_MS = 5_000;
const TRIP_MS = 2;
const CLAIM_MS = 20;
const READ_MS = 10;
const RELEASE_MS = 30;
const STEP_MS = 10;

const logger = createLogger('spec', 'fatal');

/** Curator in memory: the real plan, heard after a short way. */
class MemoryCurator {
  down = false;
  state: OwnershipState = initialOwnership(LEASE_MS);
  readonly heardAtMs = new Map<string, number>();

  constructor(private readonly time: ManualTime) {}

  restart(): void {
    this.state = initialOwnership(LEASE_MS);
  }

  hear(said: OwnershipRenewal): OwnershipAnswer {
    const atMs = this.time.nowMs();
    if (this.down) throw new Error('nobody there');
    const refusal = ownershipRefusal(this.state, said, atMs);
    if (refusal !== null) throw new Error(refusal.reason);
    this.state = planOwnership(this.state, { type: 'renewed', atMs, said });
    this.heardAtMs.set(said.replicaId, atMs);
    return answerFor(this.state, said.replicaId, atMs);
  }
}

interface ClusterReplica {
  readonly watch: OwnershipWatch;
  /** Curator is out of its reach. */
  cut: boolean;
}

/** Watches, the plan of Curator and a log that knows who claimed last. A claim is read by all others a moment later. */
export class OwnershipCluster {
  readonly time = new ManualTime();
  readonly curator = new MemoryCurator(this.time);
  readonly replicas = new Map<string, ClusterReplica>();
  readonly claims: { readonly partition: number; readonly replicaId: string }[] = [];
  /** The longest that a partition was nobody's since it was asked last, in milliseconds. */
  #vacantMs = new Map<number, number>();
  #longestVacancyMs = 0;

  constructor(readonly partitionCount: number) {}

  join(replicaId: string): void {
    const replica: ClusterReplica = { watch: this.#watchOf(replicaId), cut: false };
    this.replicas.set(replicaId, replica);
    replica.watch.start();
  }

  crash(replicaId: string): void {
    this.replica(replicaId).watch.stop();
    this.replicas.delete(replicaId);
  }

  replica(replicaId: string): ClusterReplica {
    const found = this.replicas.get(replicaId);
    if (found === undefined) throw new Error(`no replica ${replicaId}`);
    return found;
  }

  /** Who has each partition now; two that are in touch with Curator and have the same make this throw. */
  mine(): Record<string, number[]> {
    const mine: Record<string, number[]> = {};
    for (const [id, { watch }] of this.replicas) mine[id] = this.#partitions().filter((one) => watch.mine(one));
    const inTouch = Object.entries(mine).flatMap(([id, all]) => (this.#inTouch(id) ? all : []));
    if (new Set(inTouch).size !== inTouch.length) throw new Error(`two have the same: ${JSON.stringify(mine)}`);
    return mine;
  }

  loads(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.mine()).map(([id, all]) => [id, all.length]));
  }

  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      await this.time.pass(STEP_MS);
      const taken = new Set(Object.values(this.mine()).flat());
      for (const partition of this.#partitions()) {
        const vacantMs = taken.has(partition) ? 0 : (this.#vacantMs.get(partition) ?? 0) + STEP_MS;
        this.#vacantMs.set(partition, vacantMs);
        this.#longestVacancyMs = Math.max(this.#longestVacancyMs, vacantMs);
      }
    }
  }

  longestVacancyMs(): number {
    const longest = this.#longestVacancyMs;
    this.#longestVacancyMs = 0;
    return longest;
  }

  #partitions(): number[] {
    return Array.from({ length: this.partitionCount }, (_, partition) => partition);
  }

  #inTouch(id: string): boolean {
    return (this.curator.heardAtMs.get(id) ?? Number.NEGATIVE_INFINITY) + LEASE_MS > this.time.nowMs();
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => void this.time.after(ms, resolve));
  }

  #watchOf(replicaId: string): OwnershipWatch {
    const self = { replicaId, linkUrl: `https://${replicaId}.example` };
    return new OwnershipWatch(self, this.partitionCount, {
      clock: this.time,
      scheduler: this.time,
      logger,
      caughtUp: () => true,
      unable: () => [],
      renew: async (request) => {
        await this.#after(TRIP_MS);
        if (this.replicas.get(replicaId)?.cut !== false) throw new Error('out of reach');
        const answer = this.curator.hear(request);
        await this.#after(TRIP_MS);
        return answer;
      },
      gain: async (partition) => {
        await this.#after(CLAIM_MS);
        return this.#claim(partition, replicaId);
      },
      release: () => this.#after(RELEASE_MS),
    });
  }

  #claim(partition: number, replicaId: string): number {
    const epoch = this.claims.push({ partition, replicaId });
    this.time.after(READ_MS, () => {
      for (const [id, { watch }] of this.replicas) if (id !== replicaId && watch.mine(partition)) watch.lost(partition);
    });
    return epoch;
  }
}
