import { answerFor, initialOwnership, type OwnershipEvent, type OwnershipState, planOwnership } from '../src/index.js';
import { Epochs, ObedientReplica } from './obedient-replica.js';

export const LEASE_MS = 5_000;

/** Replicas that obey, the planner between them, and a clock that is moved by hand. */
export class PlannedCluster {
  readonly epochs = new Epochs();
  readonly replicas = new Map<string, ObedientReplica>();
  state: OwnershipState = initialOwnership(LEASE_MS);
  nowMs = 1_000;

  constructor(
    readonly partitionCount: number,
    private readonly onStep: (before: OwnershipState, event: OwnershipEvent, after: OwnershipState) => void = () =>
      undefined,
  ) {}

  join(...ids: string[]): void {
    for (const id of ids) {
      this.replicas.set(id, new ObedientReplica(id, this.epochs));
      this.renew(id);
    }
  }

  /** It says nothing any more. */
  crash(id: string): void {
    this.replicas.delete(id);
  }

  replica(id: string): ObedientReplica {
    const found = this.replicas.get(id);
    if (found === undefined) throw new Error(`no replica ${id}`);
    return found;
  }

  renew(id: string): void {
    const replica = this.replica(id);
    this.step({ type: 'renewed', atMs: this.nowMs, said: replica.renewal(this.partitionCount) });
    replica.obey(answerFor(this.state, id, this.nowMs));
  }

  step(event: OwnershipEvent): void {
    const before = this.state;
    this.state = planOwnership(before, event);
    this.onStep(before, event, this.state);
  }

  restartCurator(): void {
    this.state = initialOwnership(LEASE_MS);
  }

  /** A moment later the Curator looks at its clock, whether anybody renews or not. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.step({ type: 'time_passed', atMs: this.nowMs });
  }

  /** Lets everybody renew every second. */
  run(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.pass(1_000);
      for (const id of this.replicas.keys()) this.renew(id);
    }
  }

  /** Long enough for every lease to run out and every move to be made. */
  settle(): void {
    this.run((2 * LEASE_MS) / 1_000 + 5);
  }

  loads(): Record<string, number> {
    const loads: Record<string, number> = Object.fromEntries([...this.replicas.keys()].map((id) => [id, 0]));
    for (const owner of this.state.owners) loads[owner ?? 'nobody'] = (loads[owner ?? 'nobody'] ?? 0) + 1;
    return loads;
  }
}
