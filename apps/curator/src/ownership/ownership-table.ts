import { type Failure, failure, type OwnershipAnswer, OwnershipRenewal } from '@intendant/intent-model';
import { type Clock, err, ok, type Result, type Scheduler } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import {
  answerFor,
  initialOwnership,
  type Move,
  type MoveReason,
  movesBetween,
  type OwnershipEvent,
  type OwnershipRefusal,
  type OwnershipState,
  ownershipRefusal,
  planOwnership,
} from '@intendant/registry';

/** The table looks at the time this often within a lease. */
const LOOKS_PER_LEASE = 5;

export interface OwnershipPorts {
  /** Wall time, to be compared with the clocks of the replicas. */
  readonly clock: Clock;
  /** Time that no administrator sets: leases are counted in it. */
  readonly steadyClock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly leaseMs: number;
}

/**
 * Which replica of the Runtime should own which partition, from what they report. Memory only: after a start it is made
 * again from the reports. It suggests; what an owner may append, the epochs in the log say.
 */
export class OwnershipTable {
  #state: OwnershipState;
  #lookedAtMs: number;
  #cancelLook: () => void = () => undefined;
  readonly #moves = new Map<MoveReason, number>();

  constructor(private readonly ports: OwnershipPorts) {
    this.#state = initialOwnership(ports.leaseMs);
    this.#lookedAtMs = ports.steadyClock.nowMs();
    this.#armLook();
  }

  get state(): OwnershipState {
    return this.#state;
  }

  /** Partitions that changed their owner since the start, by reason. */
  get moves(): ReadonlyMap<MoveReason, number> {
    return this.#moves;
  }

  /** What the sender should own; `invalid_request` when the message is malformed, else why it is refused. */
  renew(message: unknown): Result<OwnershipAnswer, Failure> {
    const parsed = OwnershipRenewal.safeParse(message);
    if (!parsed.success) return err(malformed(parsed.error.issues[0]));
    const atMs = this.#look();
    const refusal = ownershipRefusal(this.#state, parsed.data, atMs);
    if (refusal !== null) return err(this.#refused(refusal, parsed.data));
    this.#happened({ type: 'renewed', atMs, said: parsed.data });
    return ok(answerFor(this.#state, parsed.data.replicaId, this.ports.clock.nowMs()));
  }

  close(): void {
    this.#cancelLook();
  }

  #armLook(): void {
    this.#cancelLook = this.ports.scheduler.after(this.#lookEveryMs, () => {
      this.#look();
      this.#armLook();
    });
  }

  /** Sees what ran out; what this process slept through counts for nobody. */
  #look(): number {
    const atMs = this.ports.steadyClock.nowMs();
    const sleptMs = atMs - this.#lookedAtMs - this.#lookEveryMs;
    this.#lookedAtMs = atMs;
    if (sleptMs > this.#lookEveryMs) this.#happened({ type: 'stalled', forMs: sleptMs });
    this.#happened({ type: 'time_passed', atMs });
    return atMs;
  }

  get #lookEveryMs(): number {
    return this.ports.leaseMs / LOOKS_PER_LEASE;
  }

  #happened(event: OwnershipEvent): void {
    const before = this.#state;
    this.#state = planOwnership(before, event);
    this.#tellOfMembers(before);
    for (const move of movesBetween(before, this.#state)) this.#tellOf(move);
  }

  #tellOf(move: Move): void {
    this.#moves.set(move.reason, (this.#moves.get(move.reason) ?? 0) + 1);
    this.ports.logger.info({ ...move }, 'partition has another owner');
  }

  #tellOfMembers(before: OwnershipState): void {
    const { logger } = this.ports;
    for (const [replicaId, { linkUrl }] of this.#state.members)
      if (!before.members.has(replicaId)) logger.info({ replicaId, linkUrl }, 'replica joined');
    for (const replicaId of before.members.keys())
      if (!this.#state.members.has(replicaId)) logger.warn({ replicaId }, 'replica was not heard for a lease');
  }

  #refused(refusal: OwnershipRefusal, { replicaId, linkUrl }: OwnershipRenewal): Failure {
    this.ports.logger.warn({ replicaId, linkUrl, refusal }, 'renewal of ownership refused');
    return failure('registration_refused', detailOf(refusal), {
      extra: { ...refusal },
      retryAfterMs: this.ports.leaseMs,
    });
  }
}

function detailOf(refusal: OwnershipRefusal): string {
  if (refusal.reason === 'partition_count_differs')
    return `the log of this replica has ${refusal.said} partitions, that of the others ${refusal.expected}`;
  return refusal.reason === 'replica_id_in_use'
    ? `a replica at ${refusal.linkUrl} has this id, and was heard a moment ago`
    : `a replica that started later has this id and this address, ${refusal.linkUrl}, and was heard a moment ago`;
}

const malformed = (issue: { path: PropertyKey[]; message: string } | undefined): Failure =>
  failure('invalid_request', `the renewal at /${(issue?.path ?? []).map(String).join('/')}: ${issue?.message}`);
