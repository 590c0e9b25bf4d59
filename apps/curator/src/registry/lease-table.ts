import { randomBytes } from 'node:crypto';
import type { LiveInstance, ParticipantRegistration, RequestKey } from '@intendant/intent-model';
import type { Clock, Scheduler } from '@intendant/kernel';
import { capabilityKey } from '@intendant/registry';

/** What a registration is given; `requestKey` for participants over HTTP. */
export interface GrantedLease {
  readonly leaseId: string;
  readonly requestKey?: RequestKey;
}

interface Lease {
  readonly leaseId: string;
  readonly instance: LiveInstance;
  cancelExpiry: () => void;
}

/**
 * The live instances, each under a lease that runs out unless renewed. Memory only: a lease says that a process was
 * alive a moment ago, which is worth nothing after a restart.
 */
export class LeaseTable {
  readonly #byId = new Map<string, Lease>();
  /** One lease per service and instance: who registers again takes the place of its former self. */
  readonly #byInstance = new Map<string, Lease>();

  constructor(
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
    private readonly leaseMs: number,
    /** Told when a lease ran out; the instance is gone then. */
    private readonly onExpired: (instance: LiveInstance) => void,
  ) {}

  /** A new lease; over HTTP with a key that signs what goes between the Runtime and this instance. */
  grant(registration: ParticipantRegistration): GrantedLease {
    const key = registration.address.transport === 'http' ? { requestKey: newRequestKey() } : {};
    const instance: LiveInstance = { ...instanceOf(registration), ...key };
    const former = this.#byInstance.get(keyOf(instance));
    if (former !== undefined) this.#remove(former);
    const leaseId = randomBytes(16).toString('hex');
    this.#put({ leaseId, instance, cancelExpiry: () => undefined });
    return { leaseId, ...key };
  }

  /** True when this instance is live already, at the same place, with the same capabilities, and not draining; never over HTTP, where each lease has its key. */
  holds(registration: ParticipantRegistration): boolean {
    const instance = instanceOf(registration);
    return JSON.stringify(this.#byInstance.get(keyOf(instance))?.instance) === JSON.stringify(instance);
  }

  /** False when the lease is not known, or its instance is draining: a drain is not taken back by a renewal. */
  renew(leaseId: string, service: string): boolean {
    const lease = this.#owned(leaseId, service);
    if (lease === undefined || lease.instance.draining) return false;
    this.#armExpiry(lease);
    return true;
  }

  /** Marks the instance: it gets no further calls and is gone when its lease has run out. False for an unknown lease. */
  drain(leaseId: string, service: string): boolean {
    const lease = this.#owned(leaseId, service);
    if (lease === undefined) return false;
    if (!lease.instance.draining) {
      this.#remove(lease);
      this.#put({ ...lease, instance: { ...lease.instance, draining: true } });
    }
    return true;
  }

  /** In order of service and instance. */
  instances(): LiveInstance[] {
    return [...this.#byInstance.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lease]) => lease.instance);
  }

  close(): void {
    for (const lease of this.#byId.values()) lease.cancelExpiry();
  }

  #owned(leaseId: string, service: string): Lease | undefined {
    const lease = this.#byId.get(leaseId);
    return lease?.instance.service === service ? lease : undefined;
  }

  #put(lease: Lease): void {
    this.#byId.set(lease.leaseId, lease);
    this.#byInstance.set(keyOf(lease.instance), lease);
    this.#armExpiry(lease);
  }

  #remove(lease: Lease): void {
    lease.cancelExpiry();
    this.#byId.delete(lease.leaseId);
    this.#byInstance.delete(keyOf(lease.instance));
  }

  #armExpiry(lease: Lease): void {
    lease.cancelExpiry();
    const dueMs = this.clock.nowMs() + this.leaseMs;
    lease.cancelExpiry = this.scheduler.after(this.leaseMs, () => {
      // this process did not run for a while: renewals may wait to be read, and the time counts against nobody
      if (this.clock.nowMs() - dueMs > this.leaseMs / 4) return this.#armExpiry(lease);
      this.#remove(lease);
      this.onExpired(lease.instance);
    });
  }
}

const newRequestKey = (): RequestKey => ({
  keyId: randomBytes(12).toString('base64url'),
  secret: randomBytes(32).toString('base64'),
});

const keyOf = (instance: Pick<LiveInstance, 'service' | 'instanceId'>): string =>
  `${instance.service} ${instance.instanceId}`;

const instanceOf = (registration: ParticipantRegistration): LiveInstance => ({
  service: registration.service,
  instanceId: registration.instanceId,
  address: registration.address,
  serves: registration.capabilities.map(capabilityKey).sort(),
  draining: false,
});
