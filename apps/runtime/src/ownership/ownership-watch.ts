import { FailureError, type OwnershipAnswer, type OwnershipRenewal, type Replica } from '@intendant/intent-model';
import { ClockComparison } from './clock-comparison.js';
import type { Ownership } from './ownership.js';
import { PartitionHolds, type PartitionPorts, type Standing } from './partition-holds.js';

const RENEWALS_PER_LEASE = 5;
/** Between renewals as long as Curator has not answered. */
const FIRST_RENEWALS_MS = 500;
/** Between renewals while a partition is on its way to this process or from it, so that it is nobody's for a moment only. */
const HANDOVER_RENEWALS_MS = 100;
/** Parts of a lease that a drain waits for somebody to take over, before it lets go anyway. */
const HEIR_WAIT_PER_LEASE = 1 / 2;
const LEASE_MS_UNTOLD = 5_000;

export interface OwnershipWatchPorts extends PartitionPorts {
  /** Asks Curator; rejects when there is no answer within a time that the port keeps. */
  renew(request: OwnershipRenewal): Promise<OwnershipAnswer>;
  /** Whether this process has caught up with the log: before that it is given nothing that others could have. */
  caughtUp(): boolean;
  /** Partitions that this process cannot take as long as it lives. */
  unable(): readonly number[];
}

interface Drain {
  readonly over: Promise<void>;
  readonly done: () => void;
  /** What nobody was named for is given up, too. */
  heirWaitOver: boolean;
}

/** Follows what Curator suggests. With Curator gone everything stays as it was, for as long as that takes. */
export class OwnershipWatch implements Ownership {
  readonly #clocks = new ClockComparison();
  readonly #holds: PartitionHolds;
  /** Partitions that the log took away, with the number of renewals sent by then: an answer to a later one counts. */
  readonly #lostAfter = new Map<number, number>();
  #answer: OwnershipAnswer | null = null;
  #renewalsSent = 0;
  #underway = false;
  #again = false;
  #cancelNext: () => void = () => undefined;
  #outage: string | null = null;
  /** Curator was reached, and does not count this process among the replicas. */
  #refused: string | null = null;
  #draining: Drain | null = null;
  #stopped = false;

  constructor(
    private readonly self: Replica & Pick<OwnershipRenewal, 'start'>,
    private readonly partitionCount: number,
    private readonly ports: OwnershipWatchPorts,
  ) {
    this.#holds = new PartitionHolds(
      partitionCount,
      ports,
      (partition) => this.#standing(partition),
      () => this.#renewNow(),
    );
  }

  start(): void {
    this.#renewNow();
  }

  ownerOf(partition: number): Replica | null {
    const owner = this.#answer?.partitions[partition]?.owner ?? null;
    return this.#answer?.replicas.find(({ replicaId }) => replicaId === owner) ?? null;
  }

  mine(partition: number): boolean {
    return this.#holds.held(partition);
  }

  lost(partition: number): void {
    this.#lostAfter.set(partition, this.#renewalsSent);
    this.#holds.lost(partition);
    this.#renewNow();
  }

  get clockOffsetMs(): number | null {
    return this.#clocks.offsetMs;
  }

  othersReady(): boolean {
    const others = this.#answer?.replicas.filter(({ replicaId }) => replicaId !== this.self.replicaId) ?? [];
    return others.some(({ ready }) => ready !== false);
  }

  unready(): string | null {
    if (this.#refused !== null) return `Curator refuses this replica: ${this.#refused}`;
    if (this.#answer === null) return 'no partition assignment yet';
    return this.#clocks.off ? `clock is off by ${this.clockOffsetMs} ms` : null;
  }

  drain(graceMs: number): Promise<void> {
    this.#draining ??= this.#beginDrain(graceMs);
    this.#holds.followAll();
    this.#renewNow();
    return this.#draining.over;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelNext();
    this.#holds.stop();
  }

  #beginDrain(graceMs: number): Drain {
    let done = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      const waitMs = (this.#answer?.leaseMs ?? LEASE_MS_UNTOLD) * HEIR_WAIT_PER_LEASE;
      const cancelWait = this.ports.scheduler.after(waitMs, () => this.#letGo());
      const cancelGrace = this.ports.scheduler.after(graceMs, () => done());
      done = () => {
        cancelWait();
        cancelGrace();
        resolve();
      };
    });
    return { over, done, heirWaitOver: false };
  }

  #standing(partition: number): Standing {
    const plan = this.#answer?.partitions[partition];
    if (plan?.owner !== this.self.replicaId) return 'other';
    if (plan.next !== null && plan.next !== this.self.replicaId) return 'yield';
    if (this.#draining !== null) return this.#draining.heirWaitOver || !this.mine(partition) ? 'yield' : 'keep';
    return this.#lostAfter.has(partition) ? 'keep' : 'hold';
  }

  /** One renewal at a time: what an answer says is then never older than what was acted on. */
  #renewNow(): void {
    if (this.#stopped) return;
    this.#cancelNext();
    if (this.#underway) this.#again = true;
    else void this.#renew();
  }

  async #renew(): Promise<void> {
    this.#underway = true;
    this.#again = false;
    this.#renewalsSent += 1;
    const request = this.#request();
    try {
      const answer = await this.ports.renew(request);
      if (answer.partitions.length !== this.partitionCount)
        throw new Error(`Curator answers for ${answer.partitions.length} partitions, not for ${this.partitionCount}`);
      this.#answered(request, answer);
    } catch (error) {
      this.#unanswered(error);
    }
    this.#underway = false;
    this.#endDrainWhenEmpty();
    if (this.#stopped) return;
    if (this.#again) void this.#renew();
    else this.#cancelNext = this.ports.scheduler.after(this.#waitMs(), () => this.#renewNow());
  }

  #request(): OwnershipRenewal {
    const unable = [...this.ports.unable()];
    return {
      ...this.self,
      partitionCount: this.partitionCount,
      nowMs: this.ports.clock.nowMs(),
      owned: this.#holds.owned,
      released: this.#holds.released,
      // work on other partitions reads sessions and grants from these, too
      ready: this.ports.caughtUp() && !this.#clocks.off && unable.length === 0,
      draining: this.#draining !== null,
      unable,
    };
  }

  #answered(request: OwnershipRenewal, answer: OwnershipAnswer): void {
    if (this.#stopped) return;
    if (this.#outage !== null) this.ports.logger.info('ownership of partitions is renewed again');
    this.#outage = null;
    this.#refused = null;
    this.#clocks.exchanged(request.nowMs, answer.curatorNowMs, this.ports.clock.nowMs());
    this.#answer = answer;
    this.#holds.told(request.released);
    for (const [partition, sent] of this.#lostAfter) if (sent < this.#renewalsSent) this.#lostAfter.delete(partition);
    const alone = answer.replicas.every(({ replicaId }) => replicaId === this.self.replicaId);
    if (request.draining && alone) this.#letGo();
    this.#holds.followAll();
  }

  /** Told of once per outage, and again when the reason is another. */
  #unanswered(error: unknown): void {
    const reason = error instanceof Error ? error.message : JSON.stringify(error);
    if (reason !== this.#outage)
      this.ports.logger.warn({ reason }, 'ownership of partitions is not renewed, everything stays as it is');
    this.#outage = reason;
    if (error instanceof FailureError) this.#refused = reason;
    this.#letGo();
  }

  /** A drain has nobody to wait for. */
  #letGo(): void {
    if (this.#draining === null || this.#stopped) return;
    this.#draining.heirWaitOver = true;
    this.#holds.followAll();
  }

  /** After a renewal: what was released is told then, or cannot be. */
  #endDrainWhenEmpty(): void {
    const unheard = this.#outage !== null;
    if (this.#draining !== null && this.#holds.empty && (unheard || this.#holds.released.length === 0))
      this.#draining.done();
  }

  #waitMs(): number {
    if (this.#answer === null) return FIRST_RENEWALS_MS;
    const onItsWay = this.#answer.partitions.some(({ owner, next }) => next === this.self.replicaId && owner !== next);
    const leaving = this.#draining !== null && !this.#holds.empty;
    const everyMs = this.#answer.leaseMs / RENEWALS_PER_LEASE;
    if (this.#outage === null && (onItsWay || leaving)) return Math.min(HANDOVER_RENEWALS_MS, everyMs);
    return everyMs;
  }
}
