import { randomUUID } from 'node:crypto';
import type { OwnershipRenewal, Replica } from '@intendant/intent-model';
import { systemScheduler } from '@intendant/nest-kit';
import { Fenced } from '@intendant/wal';
import { renewalWith } from '../ownership/curator-renewal.js';
import type { Ownership } from '../ownership/ownership.js';
import { OwnershipWatch } from '../ownership/ownership-watch.js';
import { SoleOwnership } from '../ownership/sole-ownership.js';
import { catchUpAll } from './catch-up.js';
import { CopyLag } from './copy-lag.js';
import type { CopyOfLog } from './copy-of-log.js';
import type { createDoor } from './door.js';
import type { Foundation } from './foundation.js';
import { recordDrain, recordEpoch } from './node-records.js';
import type { Peers } from './peers.js';
import type { Supervision } from './supervision.js';

/** How long calls in flight may still end here when their partition moves; then the next holder makes them again. */
const LAST_CALLS_MS = 500;

/** A partition that nobody whom Curator named took so often, within so long, was not taken by an accident of timing. */
const STRANGERS_MIN = 4;
const STRANGER_MS = 120_000;

/** How long a process that is to end waits for others to take what it holds. */
const HAND_OVER_MS_MAX = 6_000;

/** A log that could not be written for so long is out of reach, and not merely restarting. */
const UNFIT_MS_MAX = 2_000;

/** Takes partitions and gives them up: the claim in the log, the executions in memory, and what is remembered of either. */
export class Holding {
  #ownership: Ownership | null = null;
  /** Of a log that several replicas share. */
  readonly #lag: CopyLag;
  #unfitSinceMs: number | null = null;
  #leaving = false;
  /** When each partition was taken although Curator named this replica, lately. */
  readonly #takenMs = new Map<number, readonly number[]>();

  constructor(
    private readonly foundation: Foundation,
    private readonly peers: Peers,
    private readonly supervision: Supervision,
    private readonly door: ReturnType<typeof createDoor>,
  ) {
    this.#lag = new CopyLag({
      catchUp: () => catchUpAll(foundation, foundation.holders.haltedHere),
      clock: { nowMs: () => performance.now() },
      scheduler: systemScheduler,
      boundMs: foundation.env.INTENDANT_COPY_LAG_MS_MAX,
    });
    foundation.trouble.onLost = (partition, reason) => this.#lost(partition, reason);
  }

  /** Why this process should not be sent work, or null. */
  unready(): string | null {
    const sinceMs = this.foundation.clock.nowMs() - STRANGER_MS;
    if ([...this.#takenMs.values()].some((all) => all.filter((atMs) => atMs > sinceMs).length >= STRANGERS_MIN))
      return 'somebody whom Curator does not know claims partitions of this log: do two clusters share it?';
    if (this.#leaving) return 'partitions are being handed over';
    const { env, holders, log, wal } = this.foundation;
    const behind = env.INTENDANT_WAL === 'sqlite' ? null : this.#lag.unready();
    const unready = wal.unfit() ?? behind ?? this.#ownership?.unready() ?? null;
    return unready ?? (holders.anyKnown(log.partitionCount) ? null : 'no partition is held by anybody yet');
  }

  /** Of the log; null when that is this process's alone. */
  copy(): CopyOfLog | null {
    const { env, holders } = this.foundation;
    if (env.INTENDANT_WAL === 'sqlite') return null;
    const isStale = (): boolean => holders.haltedHere.size > 0 || this.#lag.unready() !== null;
    return { isStale, boundMs: env.INTENDANT_COPY_LAG_MS_MAX };
  }

  /** `linkUrl`: where other replicas reach this one. Of a log that nobody shares everything is taken before it resolves. */
  async start(linkUrl: string): Promise<void> {
    const { env, holders, log } = this.foundation;
    const partitions = Array.from({ length: log.partitionCount }, (_, partition) => partition);
    const self = { replicaId: env.INTENDANT_REPLICA_ID, linkUrl };
    if (env.INTENDANT_WAL === 'sqlite') {
      await Promise.all(partitions.map((partition) => this.#claim(partition)));
      this.#ownership = new SoleOwnership(self);
      holders.heed(this.#ownership);
      await this.#recover(partitions);
      return;
    }
    // what others wrote while this process was away is read before anything is taken
    await this.#lag.start();
    const startedAtMs = this.foundation.clock.nowMs();
    this.#ownership = this.#watch({ ...self, start: { startId: randomUUID(), startedAtMs } });
    holders.heed(this.#ownership);
    this.#ownership.start();
  }

  #watch(self: Replica & Pick<OwnershipRenewal, 'start'>): OwnershipWatch {
    const { clock, holders, logger, log, wal } = this.foundation;
    const renew = renewalWith(this.peers.curator);
    return new OwnershipWatch(self, log.partitionCount, {
      renew: async (request) => {
        this.#assertLogInReach();
        return renew(request);
      },
      gain: async (partition) => {
        const epoch = await this.#claim(partition);
        await this.#recover([partition]);
        return epoch;
      },
      release: (partition) => this.#release(partition),
      caughtUp: () => wal.unfit() === null && this.#lag.unready() === null,
      unable: () => [...holders.haltedHere.keys()],
      clock,
      scheduler: systemScheduler,
      logger,
    });
  }

  /**
   * Whoever cannot reach the log must not keep partitions from those who can: it lets its lease run out. A log that keeps too
   * little does so for all.
   */
  #assertLogInReach(): void {
    const { clock, wal } = this.foundation;
    const problem = wal.refusal() === null ? wal.unfit() : null;
    if (problem === null) this.#unfitSinceMs = null;
    else this.#unfitSinceMs ??= clock.nowMs();
    if (this.#unfitSinceMs !== null && clock.nowMs() - this.#unfitSinceMs > UNFIT_MS_MAX)
      throw new Error(`not renewed while the log cannot be written: ${problem}`);
  }

  async #claim(partition: number): Promise<number> {
    const lease = await this.foundation.log.claim(partition);
    await recordEpoch(this.foundation.log, lease);
    return lease.epoch;
  }

  async #recover(partitions: readonly number[]): Promise<void> {
    const recovered = await this.supervision.supervisor.recover(partitions);
    if (recovered > 0) this.foundation.logger.info({ recovered }, 'unsettled executions taken up');
  }

  async #release(partition: number): Promise<void> {
    const { log, wal } = this.foundation;
    await this.supervision.supervisor.callsOver(partition, LAST_CALLS_MS);
    await recordDrain(log, partition, 'handed over').catch(() => undefined);
    const lease = this.#forget(partition);
    if (lease !== undefined) await wal.release(lease);
  }

  #lost(partition: number, reason: Error): void {
    const { logger, metrics } = this.foundation;
    metrics.partitionsLost.inc();
    logger.warn({ partition, reason: reason.message }, 'a partition was lost');
    if (reason instanceof Fenced) this.#takenBySomebody(partition);
    this.#forget(partition);
    this.#ownership?.lost(partition);
  }

  /** A replica that Curator named has a right to it; nobody else may claim what is named ours. */
  #takenBySomebody(partition: number): void {
    const { clock, env } = this.foundation;
    if (this.#ownership?.ownerOf(partition)?.replicaId !== env.INTENDANT_REPLICA_ID) return;
    const nowMs = clock.nowMs();
    this.#takenMs.set(partition, [...(this.#takenMs.get(partition) ?? []), nowMs].slice(-STRANGERS_MIN));
  }

  #forget(partition: number) {
    const lease = this.foundation.log.giveUp(partition);
    this.supervision.supervisor.release(partition);
    this.door.sessions.forgetAll();
    this.foundation.holders.gone(partition);
    return lease;
  }

  /** Gives every partition to another replica, if there is one to take it. */
  async handOver(): Promise<void> {
    this.#leaving = true;
    await this.#ownership?.drain(HAND_OVER_MS_MAX);
  }

  /** Records that nothing more is accepted in what is still held here. */
  async stop(reason: string, graceMs: number): Promise<void> {
    const { log } = this.foundation;
    await this.handOver();
    await this.supervision.supervisor.drain(graceMs);
    await Promise.all(log.held.map(({ partition }) => recordDrain(log, partition, reason).catch(() => undefined)));
    this.#ownership?.stop();
    this.#lag.stop();
  }
}
