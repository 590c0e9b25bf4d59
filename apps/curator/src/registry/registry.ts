import {
  type Failure,
  failure,
  ParticipantRegistration,
  type RegisteredCapability,
  type RegistrationReceipt,
  type RegistrySnapshot,
} from '@intendant/intent-model';
import type { Clock, Scheduler } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import {
  type CallerIdentity,
  capabilityKey,
  checkRegistration,
  registeredCapability,
  registrationFailure,
} from '@intendant/registry';
import { Subject } from 'rxjs';
import { type CapabilityStore, StaleRevision, type StoredRegistry } from '../storage/capability-store.js';
import { type GrantedLease, LeaseTable } from './lease-table.js';
import { malformedRegistration } from './malformed-registration.js';
import { checkPlans, checkStepsOfPlans } from './plan-check.js';
import { SerialQueue } from './serial-queue.js';
import { isStorable } from './storable-text.js';
import { WaitingRegistrations } from './waiting-registrations.js';

/** Life of a lease, in milliseconds; participants renew three times within it. */
export const LEASE_MS = 10_000;

/** After a failed write the instances are published again this much later. */
const REPUBLISH_MS = 1_000;

/** How often a change is tried again because another process wrote in between. */
const STALE_ATTEMPTS_MAX = 5;

export interface RegistryPorts {
  readonly store: Pick<CapabilityStore, 'load' | 'raise'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** A lab takes participants over plain HTTP on the loopback interface. */
  readonly mode?: 'production' | 'lab';
}

export type RegistrationReply = RegistrationReceipt | { readonly failure: Failure };

/**
 * The registry: stored capabilities, live instances, and one revision over both. A change is visible, in `snapshot` and
 * in `changes`, only after its revision is stored; changes happen one after the other.
 */
export class Registry {
  readonly changes = new Subject<RegistrySnapshot>();
  readonly #queue = new SerialQueue();
  readonly #leases: LeaseTable;
  readonly #waiting: WaitingRegistrations;
  #snapshot: RegistrySnapshot = { revision: 0, capabilities: [], instances: [] };
  #storeFails = false;
  #cancelRepublish: () => void = () => undefined;

  constructor(private readonly ports: RegistryPorts) {
    this.#waiting = new WaitingRegistrations(ports.clock, LEASE_MS);
    this.#leases = new LeaseTable(ports.clock, ports.scheduler, LEASE_MS, (instance) => {
      ports.logger.warn({ service: instance.service, instanceId: instance.instanceId }, 'lease ran out');
      void this.#publishInstances();
    });
  }

  get snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  /** By instance: the intents of its plans that nobody answers, for which its registration waits. */
  get waiting(): ReadonlyMap<string, string> {
    return this.#waiting.list();
  }

  /** True after a write failed, until one succeeds. */
  get storeFails(): boolean {
    return this.#storeFails;
  }

  /** Loads what is registered. The revision rises, for the instances of the former process are not known here. */
  async start(): Promise<void> {
    this.#adopt(await this.ports.store.load());
    await this.#onFreshState(() => this.#write([]));
  }

  /** Accepts an instance with its capabilities, or says why not; a refusal changes nothing. */
  register(message: unknown, caller: CallerIdentity): Promise<RegistrationReply> {
    const parsed = ParticipantRegistration.safeParse(message);
    if (!parsed.success) return Promise.resolve({ failure: malformedRegistration(message, parsed.error.issues) });
    if (!isStorable(parsed.data))
      return Promise.resolve({ failure: failure('invalid_request', 'a text holds a character that cannot be stored') });
    return this.#queue.run(() => this.#registerInTurn(parsed.data, caller));
  }

  /** False when the lease is not known here: the instance has to register again. */
  renew(leaseId: string, service: string): boolean {
    return this.#leases.renew(leaseId, service);
  }

  /** Resolves when the snapshot without calls to this instance is published. False for an unknown lease. */
  async drain(leaseId: string, service: string): Promise<boolean> {
    if (!this.#leases.drain(leaseId, service)) return false;
    await this.#publishInstances();
    return true;
  }

  close(): void {
    this.#cancelRepublish();
    this.#leases.close();
    this.changes.complete();
  }

  async #registerInTurn(registration: ParticipantRegistration, caller: CallerIdentity): Promise<RegistrationReply> {
    const { service, instanceId } = registration;
    try {
      const reply = await this.#admit(registration, caller);
      const waits = 'failure' in reply && reply.failure.code === 'registration_pending';
      if (!waits) this.#waiting.remove(instanceId);
      if (waits) this.#tellOfWaiting(service, instanceId, reply.failure.detail);
      else if ('failure' in reply)
        this.ports.logger.warn({ service, instanceId, failure: reply.failure }, 'registration refused');
      else this.ports.logger.info({ service, instanceId, revision: reply.revision }, 'registered');
      return reply;
    } catch (error) {
      this.ports.logger.error({ err: error, service, instanceId }, 'registration could not be stored');
      return {
        failure: failure('internal_error', 'the registration could not be stored', { retryAfterMs: REPUBLISH_MS }),
      };
    }
  }

  /** It asks again every few seconds: said once, the rest is in {@link waiting}. */
  #tellOfWaiting(service: string, instanceId: string, waitsFor: string): void {
    if (!this.#waiting.add(instanceId, waitsFor)) return;
    this.ports.logger.warn(
      { service, instanceId, waitsFor },
      'registration waits for an intent that nobody answers: its service is not up, or the plan misspells it',
    );
  }

  #admit(registration: ParticipantRegistration, caller: CallerIdentity): Promise<RegistrationReply> {
    return this.#onFreshState(async () => {
      // nothing of what is registered is told to a caller that registers for somebody else
      const plans =
        registration.service === caller.service
          ? [...checkPlans(registration, this.#snapshot), ...checkStepsOfPlans(registration, this.#snapshot)]
          : [];
      const refusals = [...checkRegistration(registration, this.#snapshot, caller, this.ports.mode), ...plans];
      if (refusals.length > 0) return { failure: registrationFailure(refusals) };
      const known = new Set(this.#snapshot.capabilities.map(capabilityKey));
      const added = registration.capabilities
        .filter((definition) => !known.has(capabilityKey(definition)))
        .map((definition) => registeredCapability(definition, registration.service));
      let granted: GrantedLease = { leaseId: '' };
      const grant = (): void => {
        granted = this.#leases.grant(registration);
      };
      if (added.length === 0 && this.#leases.holds(registration)) grant();
      else await this.#write(added, grant);
      return { ...granted, leaseMs: LEASE_MS, revision: this.#snapshot.revision };
    });
  }

  /** Publishes the instances as they are now; tries again until the revision is stored. */
  #publishInstances(): Promise<void> {
    this.#cancelRepublish();
    return this.#queue
      .run(() => this.#onFreshState(() => this.#write([])))
      .catch((error: unknown) => {
        this.ports.logger.error({ err: error }, 'the registry cannot be written; live instances are published late');
        this.#cancelRepublish = this.ports.scheduler.after(REPUBLISH_MS, () => void this.#publishInstances());
      });
  }

  /** Tries a change again, on what is stored now, when another process wrote in between. */
  async #onFreshState<T>(change: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await change();
      } catch (error) {
        if (!(error instanceof StaleRevision) || attempt === STALE_ATTEMPTS_MAX) throw error;
        this.#adopt(await this.ports.store.load());
      }
    }
  }

  /** Stores the next revision with what is added; then lets the change of instances happen, and shows both. */
  async #write(added: readonly RegisteredCapability[], changeInstances: () => void = () => undefined): Promise<void> {
    const registeredAt = new Date(this.ports.clock.nowMs());
    const revision = await this.ports.store
      .raise(this.#snapshot.revision, added, registeredAt)
      .catch((error: unknown) => {
        this.#storeFails = !(error instanceof StaleRevision);
        throw error;
      });
    this.#storeFails = false;
    changeInstances();
    const capabilities = [...this.#snapshot.capabilities, ...added];
    this.#snapshot = Object.freeze({ revision, capabilities, instances: this.#leases.instances() });
    this.changes.next(this.#snapshot);
  }

  #adopt({ revision, capabilities }: StoredRegistry): void {
    this.#snapshot = { revision, capabilities: [...capabilities], instances: this.#snapshot.instances };
  }
}
