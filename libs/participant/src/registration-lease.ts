import type { Failure, ParticipantRegistration, RegistrationReceipt } from '@intendant/intent-model';
import type { Scheduler } from '@intendant/kernel';

/** Port: Curator, as a participant sees it. Every method rejects when Curator cannot be reached. */
export interface CuratorPort {
  register(
    registration: ParticipantRegistration,
  ): Promise<RegistrationReceipt | { readonly refused: RegistrationRefused }>;
  renew(leaseId: string): Promise<'renewed' | 'lease_unknown'>;
  drain(leaseId: string): Promise<void>;
}

/** Curator answered, and the answer is no. `final` when a rule says so: then asking again would change nothing. */
export class RegistrationRefused extends Error {
  constructor(
    readonly failure: Failure,
    readonly final: boolean,
  ) {
    super(`${failure.code}: ${failure.detail}`);
    this.name = 'RegistrationRefused';
  }
}

export interface LeaseEvents {
  registered(receipt: RegistrationReceipt): void;
  /** Curator was not reached, or did not accept for now; another attempt follows. */
  retrying(operation: 'register' | 'renew', error: unknown, waitMs: number): void;
  leaseLost(): void;
  /** A rule refuses the registration: there is no way on. */
  refused(refusal: RegistrationRefused): void;
}

const RETRY_MS = { initial: 200, max: 5_000 };

/** A lease is renewed this often within its life, so that two renewals may be lost. */
const RENEWALS_PER_LEASE = 10 / 3;

/**
 * Keeps one instance registered: registers until accepted, renews, registers again when Curator does not know the lease
 * (it was restarted, or the lease ran out), and takes the instance back when told to drain.
 */
export class RegistrationLease {
  #leaseId: string | undefined;
  #draining = false;
  #wake: () => void = () => undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(
    private readonly registration: ParticipantRegistration,
    private readonly curator: CuratorPort,
    private readonly scheduler: Scheduler,
    private readonly events: LeaseEvents,
    /** Spreads the retries of many participants: 0 ≤ jitter() < 1. */
    private readonly jitter: () => number,
  ) {}

  get held(): boolean {
    return this.#leaseId !== undefined;
  }

  start(): void {
    this.#ended = this.#keep();
  }

  /** Tells Curator that no further call shall come here. Never rejects: a lease that is not taken back runs out. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#wake();
    await this.#ended;
    if (this.#leaseId === undefined) return;
    await this.curator.drain(this.#leaseId).catch((error: unknown) => this.events.retrying('renew', error, 0));
    this.#leaseId = undefined;
  }

  async #keep(): Promise<void> {
    while (!this.#draining) {
      const receipt = await this.#registerUntilAccepted();
      if (receipt === undefined) return;
      this.#leaseId = receipt.leaseId;
      this.events.registered(receipt);
      await this.#renewUntilUnknown(receipt);
    }
  }

  async #registerUntilAccepted(): Promise<RegistrationReceipt | undefined> {
    let waitMs = RETRY_MS.initial;
    while (!this.#draining) {
      try {
        const answer = await this.curator.register(this.registration);
        if (!('refused' in answer)) return answer;
        if (answer.refused.final) {
          this.events.refused(answer.refused);
          return undefined;
        }
        this.events.retrying('register', answer.refused, waitMs);
      } catch (error) {
        this.events.retrying('register', error, waitMs);
      }
      await this.#wait(waitMs * (0.75 + this.jitter() / 2));
      waitMs = Math.min(waitMs * 2, RETRY_MS.max);
    }
    return undefined;
  }

  async #renewUntilUnknown(receipt: RegistrationReceipt): Promise<void> {
    const everyMs = receipt.leaseMs / RENEWALS_PER_LEASE;
    let waitMs = everyMs;
    for (;;) {
      await this.#wait(waitMs);
      if (this.#draining) return;
      try {
        if ((await this.curator.renew(receipt.leaseId)) === 'lease_unknown') {
          this.#leaseId = undefined;
          this.events.leaseLost();
          return;
        }
        waitMs = everyMs;
      } catch (error) {
        waitMs = Math.min(everyMs, RETRY_MS.initial * 5);
        this.events.retrying('renew', error, waitMs);
      }
    }
  }

  #wait(delayMs: number): Promise<void> {
    if (this.#draining) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.scheduler.after(delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
